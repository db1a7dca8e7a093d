// A C face for Google's CCTZ: what the schedule asks of a time zone, and nothing else.
//
// Every function is safe to call from any thread at once, and none lets a C++ exception out.
// Seconds count from 1970-01-01T00:00:00Z and saturate at the ends of int64_t.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A loaded time zone; owned by the caller of civil_zone_load.
typedef struct civil_zone civil_zone;

typedef struct civil_date {
  int64_t year;
  int32_t month;
  int32_t day;
} civil_date;

typedef enum civil_kind {
  CIVIL_UNIQUE,
  CIVIL_SKIPPED,
  CIVIL_REPEATED,
} civil_kind;

// What a local date and time names.
//
// CIVIL_UNIQUE: `first` and `last` are that instant. CIVIL_SKIPPED: both are the instant of the
// change. CIVIL_REPEATED: they are the two instants.
typedef struct civil_instants {
  civil_kind kind;
  int64_t first;
  int64_t last;
} civil_instants;

// NULL for a zone that does not exist or cannot be read, or when memory is short. Reads the
// zone's file the first time. The name must have been checked: CCTZ itself also accepts paths.
civil_zone *civil_zone_load(const char *name);

// NULL is allowed.
void civil_zone_free(civil_zone *zone);

// The local date at an instant.
civil_date civil_zone_date(const civil_zone *zone, int64_t seconds);

// Seconds east of UTC at an instant.
int32_t civil_zone_offset(const civil_zone *zone, int64_t seconds);

// The instants of a local date and time; minutes may be 1440, which is the next day's midnight.
civil_instants civil_zone_instants(const civil_zone *zone, civil_date date, int32_t minutes);

#ifdef __cplusplus
}
#endif
