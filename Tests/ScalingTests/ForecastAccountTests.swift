internal import Testing
internal import Time

@testable internal import Scaling

struct ForecastAccountTests {
  private func sentence(days: Int, _ change: (inout ForecastAccount) -> Void) -> String {
    var account = ForecastAccount(
      quantile: 0.9, steps: [.init(expected: 1290, atMost: 1380, usual: 1190, weekday: .saturday)],
      kept: 0.904, history: .seconds(days * 86_400), wanted: .seconds(28 * 86_400))
    change(&account)
    return account.sentence
  }

  @Test func `A settled forecast says what is usual and how far to trust it`() {
    let text = sentence(days: 28) { account in
      account.lastHourAboveUsual = 0.08
      (account.skill, account.bestGuess) = (0.41, .lastWeek)
    }
    #expect(
      text
        == "1,290 expected, at most 1,380 with 90 % (Saturdays at this time 1,190, the last hour 8 %"
        + " above its usual); kept 90.4 % of the last 7 days, its loss 41 % below the best simple guess"
        + " (last week)")
  }

  @Test(arguments: [
    (1, "the usual at this time of day plus 6 %, which has been the better guess for 24 h"),
    (4, "the usual at this time of day plus 6 %, which has been the better guess for 4 days"),
    (28, "last week's value plus 6 %, which has been the better guess for 7 days"),
  ])
  func `A guess is no older than the history`(days: Int, words: String) {
    let text = sentence(days: days) { account in
      (account.charge, account.addition) = (.lastWeek, 0.06)
    }
    #expect(text.contains(words), "\(text)")
  }

  @Test func `As good as a guess is neither above nor below it`() {
    let text = sentence(days: 5) { account in
      (account.skill, account.bestGuess) = (-0.004, .lastWeek)
    }
    #expect(
      text.hasSuffix(
        "kept 90.4 % of the last 5 days, its loss that of the best simple guess (the usual at this"
          + " time of day)"), "\(text)")
  }
}
