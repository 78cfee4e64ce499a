/* Which rows of rate_limits count for a path: those of our scope, the same of other programs, and
 * for a list also what those file under 'unknown'. For the SQL of counting. */
#ifndef CVI_STORES_PATH_ROWS_H
#define CVI_STORES_PATH_ROWS_H

/* Selects `columns` of the rows of present boot ?1, scope ?2 and resource ?3 (a list: ?5) after the
 * boot time ?4, with a further `condition`. Each part is a walk along the index, newest first, and
 * SQLite merges them only as far as asked. */
#define CVI_PATH_ROWS(columns, condition)                                                          \
    "SELECT " columns " FROM main.rate_limits"                                                     \
    " WHERE boot = ?1 AND scope = ?2 AND resource = ?3 AND boot_ms > ?4" condition                 \
    " UNION ALL SELECT " columns " FROM main.rate_limits"                                          \
    " WHERE boot = ?1 AND scope = '' AND resource = ?3 AND boot_ms > ?4 AND ?2 <> ''" condition    \
    " UNION ALL SELECT " columns " FROM main.rate_limits"                                          \
    " WHERE boot = ?1 AND scope = '' AND resource = 'unknown' AND boot_ms > ?4"                    \
    " AND ?5 AND ?3 <> 'unknown'" condition

#endif
