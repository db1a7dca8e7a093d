internal import Scaling

/// What replica-hours buy, as an SVG document: a point for each row of a comparison, the front in a
/// line, the HPA alone, and HPAs at the front's replica-hours.
package struct FrontChart {
  /// The whole document.
  package private(set) var text: String

  private let hours: NumberAxis
  private let short: NumberAxis
  private let comparison: Comparison

  package init(_ comparison: Comparison, title: String) {
    self.comparison = comparison
    let excesses = (comparison.rows.map(\.account) + [comparison.reactive])
      .map { (comparison.excess(of: $0) ?? 0) * 100 }
    hours = NumberAxis(
      from: min(excesses.min() ?? 0, 0), to: max(excesses.max() ?? 0, 1), ticks: 8)
    let accounts =
      comparison.rows.map(\.account) + comparison.rows.compactMap(\.equalHours)
      + [comparison.reactive]
    short = NumberAxis(
      from: 0, to: max(accounts.map { comparison.share(of: $0) * 100 }.max() ?? 0, 0.1), ticks: 6)
    let description =
      "Replica-hours over the need against the time with too few pods. "
      + comparison.recommendations.joined(separator: " ")
    text = SVGChart.head(title: title, description: description)
    text += grid + front + equal + dots + legend + "</svg>\n"
  }

  // MARK: Parts

  private var grid: String {
    let (left, right, bottom) = (SVGChart.left, SVGChart.right, SVGChart.bottom)
    var svg = ""
    for tick in short.ticks {
      let y = SVGChart.plain(self.y(tick / 100))
      svg +=
        "<line class=\"grid\" x1=\"\(SVGChart.plain(left))\" x2=\"\(SVGChart.plain(right))\""
        + " y1=\"\(y)\" y2=\"\(y)\"/><text x=\"\(SVGChart.plain(left - 8))\" y=\"\(y)\""
        + " text-anchor=\"end\" dy=\"0.35em\">\(NumberFormat.trimmed(tick, digits: 4))</text>\n"
    }
    for tick in hours.ticks {
      let x = SVGChart.plain(self.x(tick / 100))
      svg +=
        "<line class=\"axis\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(SVGChart.plain(bottom))\""
        + " y2=\"\(SVGChart.plain(bottom + 6))\"/><text x=\"\(x)\""
        + " y=\"\(SVGChart.plain(bottom + 22))\" text-anchor=\"middle\">"
        + "\(NumberFormat.trimmed(tick, digits: 4))</text>\n"
    }
    let middle = SVGChart.plain((SVGChart.top + bottom) / 2)
    return svg + """
      <line class="axis" x1="\(SVGChart.plain(left))" x2="\(SVGChart.plain(right))" y1="\(SVGChart.plain(bottom))" y2="\(SVGChart.plain(bottom))"/>
      <text x="\(SVGChart.plain((left + right) / 2))" y="\(SVGChart.plain(bottom + 46))" text-anchor="middle">replica-hours over the need, %</text>
      <text x="18" y="\(middle)" text-anchor="middle" transform="rotate(-90 18 \(middle))">time with too few pods, %</text>

      """
  }

  private var front: String {
    line(comparison.rows.filter(\.isOnFront).map(\.account), "line0")
  }

  private var equal: String {
    line(comparison.rows.compactMap(\.equalHours), "line1")
  }

  private var dots: String {
    var svg = ""
    for row in comparison.rows {
      svg += dot(
        row.account, row.isOnFront ? "dot0" : "dot2", name: comparison.name(of: row))
    }
    return svg + dot(comparison.reactive, "dot1", name: "HPA alone")
  }

  private var legend: String {
    var svg = ""
    var x = SVGChart.left
    for (style, name) in [
      ("line0", "the front"), ("line1", "an HPA at the same replica-hours"),
    ] {
      svg +=
        "<path class=\"line \(style)\" d=\"M\(SVGChart.plain(x)) 46h24\"/>"
        + "<text x=\"\(SVGChart.plain(x + 30))\" y=\"50\">\(name)</text>\n"
      x += 30 + 7 * Double(name.count) + 24
    }
    return svg + "<circle class=\"dot1\" cx=\"\(SVGChart.plain(x + 6))\" cy=\"46\" r=\"5\"/>"
      + "<text x=\"\(SVGChart.plain(x + 18))\" y=\"50\">HPA alone</text>\n"
  }

  // MARK: Geometry

  private func line(_ accounts: [BacktestAccount], _ style: String) -> String {
    let points = accounts.map { account in
      "\(SVGChart.plain(x(comparison.excess(of: account) ?? 0)))"
        + " \(SVGChart.plain(y(comparison.share(of: account))))"
    }
    return points.isEmpty
      ? "" : "<path class=\"line \(style)\" d=\"M\(points.joined(separator: "L"))\"/>\n"
  }

  private func dot(_ account: BacktestAccount, _ style: String, name: String) -> String {
    let short = comparison.share(of: account)
    let excess = comparison.excess(of: account) ?? 0
    let title =
      "\(name): \(Comparison.percent(short, digits: 3)) short,"
      + " \(Comparison.percent(excess, digits: 1)) over the need"
    return "<circle class=\"\(style)\" cx=\"\(SVGChart.plain(x(excess)))\""
      + " cy=\"\(SVGChart.plain(y(short)))\" r=\"4\"><title>\(SVGChart.escaped(title))</title>"
      + "</circle>\n"
  }

  private func x(_ excess: Double) -> Double {
    SVGChart.left + hours.fraction(of: excess * 100) * (SVGChart.right - SVGChart.left)
  }

  private func y(_ share: Double) -> Double {
    SVGChart.bottom - short.fraction(of: share * 100) * (SVGChart.bottom - SVGChart.top)
  }
}
