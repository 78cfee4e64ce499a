/* Texts of answers that are made when a run begins, or name a server of the run. */
#ifndef TESTS_TORTURE_ANSWER_TEXT_H
#define TESTS_TORTURE_ANSWER_TEXT_H

#include "server/server.h"
#include "torture/fault.h"

void answer_texts_make(void);
void answer_texts_free(void);

/* Puts it into the answer; good until the next call. */
void answer_text_fill(torture_text text, const server *here, const server *elsewhere,
                      server_fault *answer);

#endif
