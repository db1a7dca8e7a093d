/// A day of the week, Monday first, with the full English name that manifests use.
package enum Weekday: String, Hashable, Sendable, CaseIterable {
  case monday = "Monday"
  case tuesday = "Tuesday"
  case wednesday = "Wednesday"
  case thursday = "Thursday"
  case friday = "Friday"
  case saturday = "Saturday"
  case sunday = "Sunday"
}
