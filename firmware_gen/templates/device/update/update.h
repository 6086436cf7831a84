/* UPDATE: writes a new image to the secondary slot. The image is received compressed or as a delta against the running
   image (docs/reference/console.md). */
#ifndef UPDATE_H
#define UPDATE_H

#include "link.h"

void update_message(const struct message *message);

#endif
