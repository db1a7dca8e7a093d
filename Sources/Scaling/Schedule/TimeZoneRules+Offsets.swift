package import Time

extension TimeZoneRules {
  /// The offsets of a period, in whole seconds: the one at its beginning, and each other one with the
  /// second since the epoch from which on it is in force.
  package func offsets(from: Instant, to: Instant) -> [(from: Int, offset: Int)] {
    var second = from.milliseconds / 1000
    let end = to.milliseconds / 1000
    var offset = offset(second)
    var offsets = [(from: Int(second), offset: offset)]
    // No zone changes its clock twice in six hours.
    while second < end {
      let next = min(second + 6 * 3600, end)
      let nextOffset = self.offset(next)
      if nextOffset != offset {
        var before = second
        var after = next
        while after - before > 1 {
          let middle = before + (after - before) / 2
          if self.offset(middle) == offset { before = middle } else { after = middle }
        }
        offsets.append((Int(after), nextOffset))
        offset = nextOffset
      }
      second = next
    }
    return offsets
  }

  private func offset(_ second: Int64) -> Int {
    Int(offset(at: Instant(milliseconds: second * 1000)).components.seconds)
  }
}
