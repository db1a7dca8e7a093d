internal import Glibc

/// Shows on a terminal how far long work has come; elsewhere nothing.
final class ProgressBar {
  private let label: String
  private let isShown = isatty(STDERR_FILENO) == 1
  private var percent = -1

  private static let width = 30

  init(_ label: String) {
    self.label = label
  }

  /// - Parameter fraction: What is done, 0 to 1.
  func advance(to fraction: Double) {
    let percent = Int(min(max(fraction, 0), 1) * 100)
    guard isShown, percent != self.percent else { return }
    self.percent = percent
    let done = Self.width * percent / 100
    let bar =
      String(repeating: "█", count: done) + String(repeating: "░", count: Self.width - done)
    Command.write("\r\(label) \(bar) \(percent) %", to: STDERR_FILENO)
  }

  /// Takes the bar away.
  func end() {
    guard isShown, percent >= 0 else { return }
    Command.write("\r\u{1B}[K", to: STDERR_FILENO)
  }
}
