internal import Scaling
package import Time

/// Step functions over time as an SVG document that needs nothing else: light or dark as its reader
/// prefers, described for those who cannot see it.
package struct SVGChart {
  package struct Line {
    package let name: String
    package let series: StepSeries

    package init(name: String, series: StepSeries) {
      self.name = name
      self.series = series
    }
  }

  /// The whole document.
  package let text: String

  static let width = 960.0
  static let height = 400.0
  /// The plot within the picture.
  static let left = 64.0
  static let right = 944.0
  static let top = 64.0
  static let bottom = 344.0

  /// - Parameters:
  ///   - description: For those who cannot see the picture: what it shows, in sentences.
  ///   - valueLabel: What the vertical axis counts.
  ///   - lines: At most four; the later ones are drawn on top. Where the first has no value the
  ///     background is shaded.
  ///   - gap: What the shade means, for the legend.
  package init(
    title: String, description: String, valueLabel: String, from: Instant, to: Instant,
    lines: [Line], gap: String
  ) {
    let value = ValueAxis(maximum: lines.map(\.series.maximum).max() ?? 0, ticks: 6)
    let time = TimeAxis(from: from, to: to, most: 8)
    var svg = Self.head(title: title, description: description)
    svg += Self.grid(value: value, time: time, valueLabel: valueLabel)
    let gaps = lines.first.map { Self.gaps(of: $0.series, time: time) } ?? ""
    svg += gaps
    for (index, line) in lines.enumerated() {
      let path = Self.path(of: line.series, value: value, time: time)
      svg += "<path class=\"line line\(index % 4)\" d=\"\(path)\"/>\n"
    }
    svg += Self.legend(of: lines.map(\.name), gap: gaps.isEmpty ? nil : gap)
    text = svg + "</svg>\n"
  }

  // MARK: Parts

  /// The document up to its first shape.
  static func head(title: String, description: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(plain(width)) \(plain(height))" \
    role="img" aria-labelledby="title description">
    <title id="title">\(escaped(title))</title>
    <desc id="description">\(escaped(description))</desc>
    <style>
      svg { --paper: #ffffff; --ink: #1f2430; --faint: #d5d9e0; --gap: #eceef2;
        --c0: #0b62c4; --c1: #b5460f; --c2: #5c6370; --c3: #7a3fa0; }
      @media (prefers-color-scheme: dark) {
        svg { --paper: #14171d; --ink: #e6e9ef; --faint: #363c48; --gap: #232833;
          --c0: #6cb2ff; --c1: #ffa06b; --c2: #a5adba; --c3: #cf9bf2; }
      }
      .paper { fill: var(--paper); }
      text { fill: var(--ink); font: 12px system-ui, sans-serif; }
      .title { font-size: 16px; font-weight: 600; }
      .grid { stroke: var(--faint); stroke-width: 1; }
      .axis { stroke: var(--ink); stroke-width: 1; }
      .gap { fill: var(--gap); }
      .line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
      .line0 { stroke: var(--c0); }
      .line1 { stroke: var(--c1); stroke-dasharray: 6 3; }
      .line2 { stroke: var(--c2); stroke-dasharray: 2 2; }
      .line3 { stroke: var(--c3); stroke-dasharray: 8 2 2 2; }
      .dot0 { fill: var(--c0); }
      .dot1 { fill: var(--c1); }
      .dot2 { fill: none; stroke: var(--c2); stroke-width: 1.5; }
    </style>
    <rect class="paper" width="100%" height="100%"/>
    <text class="title" x="\(plain(left))" y="26">\(escaped(title))</text>

    """
  }

  private static func grid(value: ValueAxis, time: TimeAxis, valueLabel: String) -> String {
    var svg = ""
    for tick in value.ticks {
      let y = plain(self.y(tick, value))
      svg +=
        "<line class=\"grid\" x1=\"\(plain(left))\" x2=\"\(plain(right))\" y1=\"\(y)\" y2=\"\(y)\"/>"
        + "<text x=\"\(plain(left - 8))\" y=\"\(y)\" text-anchor=\"end\" dy=\"0.35em\">"
        + "\(NumberFormat.plain(tick))</text>\n"
    }
    for tick in time.ticks {
      let x = plain(self.x(tick, time))
      svg +=
        "<line class=\"axis\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(plain(bottom))\" y2=\"\(plain(bottom + 6))\"/>"
        + "<text x=\"\(x)\" y=\"\(plain(bottom + 22))\" text-anchor=\"middle\">"
        + "\(time.label(of: tick))</text>\n"
    }
    let middle = plain((top + bottom) / 2)
    return svg + """
      <line class="axis" x1="\(plain(left))" x2="\(plain(right))" y1="\(plain(bottom))" y2="\(plain(bottom))"/>
      <text x="\(plain((left + right) / 2))" y="\(plain(bottom + 46))" text-anchor="middle">time (UTC)</text>
      <text x="18" y="\(middle)" text-anchor="middle" transform="rotate(-90 18 \(middle))">\(escaped(valueLabel))</text>

      """
  }

  private static func legend(of names: [String], gap: String?) -> String {
    var svg = ""
    var x = left
    for (index, name) in names.enumerated() {
      svg +=
        "<path class=\"line line\(index % 4)\" d=\"M\(plain(x)) 46h24\"/>"
        + "<text x=\"\(plain(x + 30))\" y=\"50\">\(escaped(name))</text>\n"
      x += 30 + 7 * Double(name.count) + 24
    }
    guard let gap else { return svg }
    return svg + "<rect class=\"gap\" x=\"\(plain(x))\" y=\"40\" width=\"24\" height=\"12\"/>"
      + "<text x=\"\(plain(x + 30))\" y=\"50\">\(escaped(gap))</text>\n"
  }

  private static func gaps(of series: StepSeries, time: TimeAxis) -> String {
    var svg = ""
    for (index, step) in series.steps.enumerated() where step.value == nil {
      let end = index + 1 < series.steps.count ? series.steps[index + 1].start : time.to
      let from = x(max(step.start, time.from), time)
      let width = x(min(end, time.to), time) - from
      guard width > 0 else { continue }
      svg +=
        "<rect class=\"gap\" x=\"\(plain(from))\" y=\"\(plain(top))\" width=\"\(plain(width))\""
        + " height=\"\(plain(bottom - top))\"/>\n"
    }
    return svg
  }

  // MARK: Geometry

  /// One step after the other; where there are more than the picture can show, the highest of each
  /// column, so that no peak is lost.
  private static func path(of series: StepSeries, value: ValueAxis, time: TimeAxis) -> String {
    let columns = Int(right - left)
    guard series.steps.count > columns else {
      return path(
        through: series.steps.filter { $0.start < time.to }.map { step in
          (x(max(step.start, time.from), time), step.value.map { y($0, value) })
        })
    }
    return path(
      through: (0..<columns).map { column in
        let highest = series.maximum(
          from: time.instant(at: column, of: columns), to: time.instant(at: column + 1, of: columns)
        )
        return (left + Double(column), highest.map { y($0, value) })
      })
  }

  private static func path(through points: [(x: Double, y: Double?)]) -> String {
    var path = ""
    var isDrawing = false
    var last: Double?
    for point in points {
      defer { last = point.y }
      guard let y = point.y else {
        if isDrawing { path += "H\(plain(point.x))" }
        isDrawing = false
        continue
      }
      guard isDrawing else {
        path += "M\(plain(point.x)) \(plain(y))"
        isDrawing = true
        continue
      }
      if y != last { path += "H\(plain(point.x))V\(plain(y))" }
    }
    return isDrawing ? path + "H\(plain(right))" : path
  }

  private static func x(_ instant: Instant, _ time: TimeAxis) -> Double {
    left + time.fraction(of: instant) * (right - left)
  }

  private static func y(_ number: Double, _ value: ValueAxis) -> Double {
    bottom - number / value.top * (bottom - top)
  }

  static func plain(_ number: Double) -> String {
    NumberFormat.plain(number)
  }

  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "\"": escaped += "&quot;"
      // XML 1.0 section 2.2 has no other control characters.
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
