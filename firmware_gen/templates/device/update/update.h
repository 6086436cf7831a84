/* UPDATE: a new image into the secondary slot, packed or as the difference to the one that runs (docs/reference/console.md). */
#ifndef UPDATE_H
#define UPDATE_H

#include "link.h"

void update_message(const struct message *message);

#endif
