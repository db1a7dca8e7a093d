internal import Testing
internal import Time

struct CivilDateTests {
  @Test func `Every day of the calendar follows the one before`() throws {
    var expected = try #require(CivilDate(year: 1, month: 1, day: 1))
    for number in expected.daysSince1970...2_932_896 where number % 97 < 2 {
      let date = CivilDate(daysSince1970: number)
      #expect(date.daysSince1970 == number)
      if number % 97 == 1 {
        #expect(expected < date)
        #expect(date.weekday.rawValue != expected.weekday.rawValue)
      }
      expected = date
    }
    #expect(expected <= CivilDate(daysSince1970: .max))
    #expect(CivilDate(daysSince1970: .max).description == "9999-12-31")
    #expect(CivilDate(daysSince1970: .min).description == "0001-01-01")
  }

  @Test(
    "Dates that do not exist are nil",
    arguments: [
      (2026, 2, 29), (2026, 2, 30), (1900, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1),
      (2026, 1, 0), (0, 1, 1), (10_000, 1, 1), (2026, 1, 32), (.max, .max, .max),
      (.min, .min, .min),
    ])
  func nonexistent(year: Int, month: Int, day: Int) {
    #expect(CivilDate(year: year, month: month, day: day) == nil)
  }

  @Test(
    "Days of the week",
    arguments: [
      (2026, 11, 27, Weekday.friday), (2000, 2, 29, .tuesday), (1970, 1, 1, .thursday),
      (1969, 12, 31, .wednesday), (1, 1, 1, .monday),
    ])
  func weekdays(year: Int, month: Int, day: Int, weekday: Weekday) {
    #expect(CivilDate(year: year, month: month, day: day)?.weekday == weekday)
  }
}
