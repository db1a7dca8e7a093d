// Imported by the ICalendar target only.
#pragma once
#include <libical/ical.h>
