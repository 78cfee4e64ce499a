/* The place of images among what is fetched. */
#ifndef CVI_RESOURCES_IMAGE_H
#define CVI_RESOURCES_IMAGE_H

#include "resources/table.h"

/* Stands where a call or a result names its resource; has no records. */
extern const cvi_resource cvi_image_resource;

#endif
