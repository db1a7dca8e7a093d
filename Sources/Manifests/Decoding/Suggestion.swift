/// Finds what the author of a manifest most likely meant by a word that is not known.
package enum Suggestion {
  /// The candidate nearest to `word`, case aside; nil when none is near.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    let longest = 64
    guard (1...longest).contains(word.utf8.count) else { return nil }
    let lowered = word.lowercased()
    var best: (distance: Int, candidate: String)?
    for candidate in candidates where candidate.utf8.count <= longest {
      let found = distance(Array(lowered.utf8), Array(candidate.lowercased().utf8))
      // A third of the letters may differ: `replica`, `mxReplicas`, not `foo` for `for`.
      guard found <= max(1, min(word.utf8.count, candidate.utf8.count) / 3),
        found < word.utf8.count
      else { continue }
      if best.map({ found < $0.distance }) ?? true { best = (found, candidate) }
    }
    return best?.candidate
  }

  /// The number of single insertions, deletions, replacements and swaps of neighbours that turn
  /// one word into the other (optimal string alignment distance).
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in 1...left.count {
      var current = [i]
      for j in 1...right.count {
        let replacing = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
        var cost = min(last[j] + 1, current[j - 1] + 1, replacing)
        if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
          cost = min(cost, beforeLast[j - 2] + 1)
        }
        current.append(cost)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
