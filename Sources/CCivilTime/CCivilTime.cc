#include "CCivilTime.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <new>

// A cctz::time_zone is a handle to data that CCTZ keeps for the life of the process.
struct civil_zone {
  cctz::time_zone zone;
};

namespace {

cctz::time_point<cctz::seconds> at(int64_t seconds) {
  return cctz::time_point<cctz::seconds>(cctz::seconds(seconds));
}

int64_t seconds(cctz::time_point<cctz::seconds> point) { return point.time_since_epoch().count(); }

}  // namespace

civil_zone *civil_zone_load(const char *name) {
  try {
    cctz::time_zone zone;
    if (!cctz::load_time_zone(name, &zone)) return nullptr;
    return new (std::nothrow) civil_zone{zone};
  } catch (...) {
    return nullptr;
  }
}

void civil_zone_free(civil_zone *zone) { delete zone; }

civil_date civil_zone_date(const civil_zone *zone, int64_t seconds) {
  const cctz::civil_second local = zone->zone.lookup(at(seconds)).cs;
  return civil_date{local.year(), local.month(), local.day()};
}

int32_t civil_zone_offset(const civil_zone *zone, int64_t seconds) {
  return zone->zone.lookup(at(seconds)).offset;
}

civil_instants civil_zone_instants(const civil_zone *zone, civil_date date, int32_t minutes) {
  // CCTZ is quicker with fields that need no carrying.
  const auto found = zone->zone.lookup(
      cctz::civil_second(date.year, date.month, date.day, minutes / 60, minutes % 60, 0));
  switch (found.kind) {
    case cctz::time_zone::civil_lookup::SKIPPED:
      return civil_instants{CIVIL_SKIPPED, seconds(found.trans), seconds(found.trans)};
    case cctz::time_zone::civil_lookup::REPEATED:
      return civil_instants{CIVIL_REPEATED, seconds(found.pre), seconds(found.post)};
    case cctz::time_zone::civil_lookup::UNIQUE:
      break;
  }
  return civil_instants{CIVIL_UNIQUE, seconds(found.pre), seconds(found.pre)};
}
