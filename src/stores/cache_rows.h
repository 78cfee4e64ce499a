/* Which rows of the cache one transaction deletes. For the SQL of cleaning and of the bound. */
#ifndef CVI_STORES_CACHE_ROWS_H
#define CVI_STORES_CACHE_ROWS_H

/* What a row counts for: its body and its tape. */
#define CVI_CACHE_ROW_BYTES "length(value) + coalesce(length(tape), 0)"

/* Deletes the first ?1 of the rows with `condition` by `place`, but no further ones when those
 * before had ?2 bytes: to delete a large body takes as long as many small ones. An index must
 * follow `place`, so that no other rows are looked at. */
#define CVI_CACHE_DELETE(place, condition)                                                         \
    "DELETE FROM main.cache WHERE rowid IN (SELECT id FROM ("                                      \
    "SELECT id, sum(size) OVER (ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"  \
    " AS before FROM (SELECT rowid AS id, " place " AS place, " CVI_CACHE_ROW_BYTES                \
    " AS size FROM main.cache " condition " ORDER BY " place                                       \
    " LIMIT ?1)) WHERE coalesce(before, 0) < ?2)"

#endif
