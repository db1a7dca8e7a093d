#include "CICalendar.h"
// The module has no code of its own: it only gives libical's header to Swift.
