/* What the console leaves to the application. */
#ifndef APPLICATION_H
#define APPLICATION_H

#include "link.h"

/* SPEAK and PROSODY of a voice; RUN, WRITE and READ of a model. */
void application_message(const struct message *message);

#endif
