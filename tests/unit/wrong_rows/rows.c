/* Rows over a struct of our own. As it stands this compiles; with one of the macros WRONG_... set
 * it must not: the member has another type than the row says. The build tries each. */
#include "resources/table.h"

typedef struct cv_thing {
    const char *text;
    int64_t number;
    bool flag;
    const cv_ref *object;
    cv_ref_list list;
} cv_thing;

static const cvi_field rows[] = {
#if defined(WRONG_TEXT)
    CVI_TEXT(cv_thing, number, 0),
#elif defined(WRONG_INT64)
    CVI_INT64(cv_thing, text, 0),
#elif defined(WRONG_INT64_TEXT)
    CVI_INT64_TEXT(cv_thing, text, 0),
#elif defined(WRONG_BOOL)
    CVI_BOOL(cv_thing, number, 0),
#elif defined(WRONG_INT64_OF_BOOL)
    CVI_INT64(cv_thing, flag, 0),
#elif defined(WRONG_OBJECT)
    CVI_OBJECT(cv_thing, text, ref, 0),
#elif defined(WRONG_OBJECT_SHAPE)
    CVI_OBJECT(cv_thing, object, image, 0),
#elif defined(WRONG_LIST)
    CVI_LIST(cv_thing, object, ref, 0),
#elif defined(WRONG_LIST_SHAPE)
    CVI_LIST(cv_thing, list, person_credit, 0),
#elif defined(WRONG_MEMBER)
    CVI_TEXT(cv_thing, txt, 0),
#else
    CVI_TEXT(cv_thing, text, 0),      CVI_INT64(cv_thing, number, 0),
    CVI_BOOL(cv_thing, flag, 0),      CVI_OBJECT(cv_thing, object, ref, 0),
    CVI_LIST(cv_thing, list, ref, 0),
#endif
};

CVI_DEFINE_SHAPE(cvi_shape_thing, "thing", cv_thing, rows);
