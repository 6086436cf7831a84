/* See prosody.h. */
#include "prosody.h"

static struct prosody now = {PROSODY_ONE, 0, PROSODY_ONE};

bool prosody_set(struct prosody prosody)
{
    if (prosody.rate < PROSODY_SLOWEST || prosody.rate > PROSODY_FASTEST || prosody.pitch < PROSODY_LOWEST
        || prosody.pitch > PROSODY_HIGHEST || prosody.volume < PROSODY_QUIETEST || prosody.volume > PROSODY_LOUDEST)
        return false;
    now = prosody;
    return true;
}

struct prosody prosody_now(void)
{
    return now;
}
