/* Hits of a search: records of several resources in one answer. */
#ifndef CVI_RESOURCES_HITS_H
#define CVI_RESOURCES_HITS_H

#include <stdbool.h>

#include "resources/build.h"
#include "resources/inside.h"
#include "resources/result.h"
#include "resources/table.h"

/* Stands for the resource of a search's answers; in no registry. Its shape has what every hit
 * carries, so that a hit of a type that this version does not know is still a record
 * (CV_RESOURCE_NONE), with all of its text in cv_record_raw. */
extern const cvi_resource cvi_search_resource;

/* The resource_type of a record that is a hit and whose struct has no such member: what it is
 * stands in `record.resource` then. Else NULL. */
const char *cvi_hit_type(const cv_record *record);

/* Hits that are being decoded anew, each by the table of its resource_type. */
typedef struct cvi_hits_taking {
    const cvi_builder *found; /* what has read the whole text, and its scratch arena */
    cvi_builder *again;
    cvi_made_record *made;
    size_t count; /* of hits that are decoded */
} cvi_hits_taking;

/* `builder` must outlive it. False: no memory. */
bool cvi_hits_begin(cvi_hits_taking *taking, const cvi_builder *builder);

/* Decodes the texts of hits until `bytes` are done, one at least; behind the last one (`is_over`)
 * the result, which must be empty, has them all. False: no memory. */
bool cvi_hits_step(cvi_hits_taking *taking, cvi_result *result, size_t bytes, bool *is_over);

#endif
