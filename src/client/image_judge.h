/* Answers that should be images. */
#ifndef CVI_CLIENT_IMAGE_JUDGE_H
#define CVI_CLIENT_IMAGE_JUDGE_H

#include "client/envelope.h"

/* The table of calls for images. Results hold bytes with a tail (image_tail.h). Pure. */
extern const cvi_judge cvi_image_judge;

#endif
