/* Who has boarded a flight too late for what it is about to give: that was there before, and is the
 * cache's to give if it is still fresh. */
#ifndef CVI_CLIENT_LATENESS_H
#define CVI_CLIENT_LATENESS_H

#include "client/flight.h"

/* Whether somebody who boards now may be given what has been there for long: nobody has looked. */
bool cvi_late_for_look(const cvi_flight *flight);

/* Whether the flight's own answer was past its time when the passenger boarded. */
bool cvi_late_for_answer(const cvi_flight *flight, const cvi_passenger *passenger);

/* Has those who are too late start anew, in a flight that asks the cache; the flight may be empty
 * then. */
void cvi_late_part(cvi_engine *engine, cvi_flight *flight);

/* The same with those for whom the flight's own answer, or its denial of the object, was past its
 * time when they boarded. */
void cvi_late_part_with_answer(cvi_engine *engine, cvi_flight *flight);

/* A look at the job that the flight watches: while it goes on nobody is too late; where it has
 * ended, it parts with who boarded since the last look or for whom that was past its time. */
void cvi_late_take_watch(cvi_engine *engine, cvi_flight *flight, const cvi_watch *watch,
                         cvi_now now);

#endif
