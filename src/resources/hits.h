/* Hits of a search: records of several resources in one answer. */
#ifndef CVI_RESOURCES_HITS_H
#define CVI_RESOURCES_HITS_H

#include <stdbool.h>

#include "resources/build.h"
#include "resources/result.h"
#include "resources/table.h"

/* Stands for the resource of a search's answers; in no registry. Its shape has what every hit
 * carries, so that a hit of a type that this version does not know is still a record
 * (CV_RESOURCE_NONE), with all of its text in cv_record_raw. */
extern const cvi_resource cvi_search_resource;

/* The resource_type of a record that is a hit and whose struct has no such member: what it is
 * stands in `record.resource` then. Else NULL. */
const char *cvi_hit_type(const cv_record *record);

/* Gives an empty result the hits that `builder` has found in `text`, each decoded anew by the table
 * of its resource_type. `text` is the parsed one, which has its offsets in common with the body.
 * False: no memory. */
bool cvi_hits_take(cvi_result *result, const cvi_builder *builder, const char *text);

#endif
