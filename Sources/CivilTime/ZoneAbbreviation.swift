/// Names that people write for time zones and that the IANA database does not have.
enum ZoneAbbreviation {
  /// The places that an abbreviation may mean, the likeliest first; nil for one that is not known.
  static func places(of name: String) -> [String]? {
    abbreviations[name.uppercased()]
  }

  /// The zone of a city that has none of its own, in lower case with `_` for blanks.
  static func zone(ofCity city: String) -> String? {
    cities[city]
  }

  private static let abbreviations = [
    "PST": ["America/Los_Angeles"], "PDT": ["America/Los_Angeles"], "PT": ["America/Los_Angeles"],
    "MDT": ["America/Denver"], "MT": ["America/Denver"], "CDT": ["America/Chicago"],
    "CST": ["America/Chicago", "Asia/Shanghai"], "CT": ["America/Chicago"],
    "EDT": ["America/New_York"], "ET": ["America/New_York"], "AST": ["America/Halifax"],
    "ADT": ["America/Halifax"], "NST": ["America/St_Johns"], "AKST": ["America/Anchorage"],
    "AKDT": ["America/Anchorage"], "BRT": ["America/Sao_Paulo"],
    "ART": ["America/Argentina/Buenos_Aires"], "CLT": ["America/Santiago"],
    "BST": ["Europe/London", "Asia/Dhaka"], "WEST": ["Europe/Lisbon"], "CEST": ["Europe/Berlin"],
    "EEST": ["Europe/Athens"], "MSK": ["Europe/Moscow"], "TRT": ["Europe/Istanbul"],
    "IST": ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"], "JST": ["Asia/Tokyo"],
    "KST": ["Asia/Seoul"], "HKT": ["Asia/Hong_Kong"], "SGT": ["Asia/Singapore"],
    "PHT": ["Asia/Manila"], "ICT": ["Asia/Bangkok"], "WIB": ["Asia/Jakarta"],
    "PKT": ["Asia/Karachi"], "GST": ["Asia/Dubai"], "IRST": ["Asia/Tehran"],
    "NPT": ["Asia/Kathmandu"], "AEST": ["Australia/Sydney", "Australia/Brisbane"],
    "AEDT": ["Australia/Sydney"], "ACST": ["Australia/Adelaide", "Australia/Darwin"],
    "AWST": ["Australia/Perth"], "NZST": ["Pacific/Auckland"], "NZDT": ["Pacific/Auckland"],
    "SAST": ["Africa/Johannesburg"], "WAT": ["Africa/Lagos"], "CAT": ["Africa/Maputo"],
    "EAT": ["Africa/Nairobi"], "Z": ["UTC"],
  ]

  private static let cities = [
    "beijing": "Asia/Shanghai", "shenzhen": "Asia/Shanghai", "guangzhou": "Asia/Shanghai",
    "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata", "new_delhi": "Asia/Kolkata",
    "bangalore": "Asia/Kolkata", "bengaluru": "Asia/Kolkata", "chennai": "Asia/Kolkata",
    "hyderabad": "Asia/Kolkata", "osaka": "Asia/Tokyo", "kyoto": "Asia/Tokyo",
    "abu_dhabi": "Asia/Dubai", "islamabad": "Asia/Karachi", "hanoi": "Asia/Bangkok",
    "munich": "Europe/Berlin", "hamburg": "Europe/Berlin", "frankfurt": "Europe/Berlin",
    "cologne": "Europe/Berlin", "milan": "Europe/Rome", "barcelona": "Europe/Madrid",
    "geneva": "Europe/Zurich", "lyon": "Europe/Paris", "marseille": "Europe/Paris",
    "edinburgh": "Europe/London", "manchester": "Europe/London", "ankara": "Europe/Istanbul",
    "boston": "America/New_York", "washington": "America/New_York", "miami": "America/New_York",
    "atlanta": "America/New_York", "seattle": "America/Los_Angeles",
    "san_francisco": "America/Los_Angeles", "san_diego": "America/Los_Angeles",
    "las_vegas": "America/Los_Angeles", "dallas": "America/Chicago", "houston": "America/Chicago",
    "austin": "America/Chicago", "ottawa": "America/Toronto", "brasilia": "America/Sao_Paulo",
    "rio_de_janeiro": "America/Sao_Paulo",
  ]
}
