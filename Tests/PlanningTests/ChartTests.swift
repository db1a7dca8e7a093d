internal import Foundation
internal import FoundationXML
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

struct ChartTests {
  private let from = Instant(milliseconds: 1_795_132_800_000)

  private func series(_ steps: [(Int, Double?)]) -> StepSeries {
    StepSeries(steps.map { StepSeries.Step(start: from + .seconds($0 * 3600), value: $1) })
  }

  @Test func `A terminal chart has steps, axes and labels`() {
    let chart = TextChart(
      series([(0, 2), (6, 10), (12, nil), (18, 2)]), from: from, to: from + .seconds(86_400),
      width: 40, height: 6)
    #expect(
      chart.lines == [
        "10 ┤         ┌────────",
        "   │         │",
        " 5 ┤         │",
        "   │         │",
        "   │─────────┘                 ─────────",
        " 0 ┤                  ░░░░░░░░░",
        "   └┬─────────────────┬─────────────────",
        "    00:00           12:00",
      ], "\n\(chart.lines.joined(separator: "\n"))")
  }

  @Test(arguments: [0, 1, 39, 40, 100, 400, 401, Int.max])
  func `A terminal chart is as wide as it may be`(_ width: Int) {
    let chart = TextChart(
      series([(0, 0), (1, 3)]), from: from, to: from + .seconds(7200), width: width)
    let widest = chart.lines.map(\.count).max() ?? 0
    #expect(TextChart.widths.contains(widest))
    #expect(chart.lines.allSatisfy { $0.count <= max(40, min(width, 400)) })
  }

  @Test(arguments: [0.0, 1, 3, 7, 99, 1234, 2_147_483_647, 1e300])
  func `No value traps`(_ value: Double) {
    let series = series([(0, value), (1, nil), (2, 0)])
    for seconds in [0, 1, 7200, 86_400 * 4000] {
      let to = from + .seconds(seconds)
      #expect(!TextChart(series, from: from, to: to, width: 80).lines.isEmpty)
      let svg = SVGChart(
        title: "t", description: "d", valueLabel: "v", from: from, to: to,
        lines: [SVGChart.Line(name: "n", series: series)], gap: "g")
      #expect(svg.text.hasSuffix("</svg>\n"))
    }
  }

  @Test func `A picture is well-formed, described, and fits light and dark`() throws {
    let svg = SVGChart(
      title: "Plan of <a & \"b\">\u{7}", description: "From here to there.", valueLabel: "replicas",
      from: from, to: from + .seconds(86_400),
      lines: [
        SVGChart.Line(name: "desired", series: series([(0, 2), (6, 10), (12, nil), (18, 2)])),
        SVGChart.Line(name: "other", series: series([(0, 1)])),
      ], gap: "unavailable"
    ).text
    let parser = XMLParser(data: Data(svg.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(svg.contains("<title id=\"title\">Plan of &lt;a &amp; &quot;b&quot;&gt; </title>"))
    #expect(svg.contains("<desc id=\"description\">From here to there.</desc>"))
    #expect(svg.contains("prefers-color-scheme: dark"))
    #expect(svg.contains("time (UTC)"))
    #expect(svg.contains(">unavailable</text>"))
    for banned in ["href", "<script", "url("] { #expect(!svg.contains(banned)) }
  }

  @Test func `A line with more steps than the picture has columns keeps its peaks`() {
    let many = StepSeries(
      (0..<50_000).map {
        StepSeries.Step(
          start: from + .seconds($0 * 60), value: $0 == 31_234 ? 100 : Double($0 % 2))
      })
    let svg = SVGChart(
      title: "t", description: "d", valueLabel: "v", from: from, to: from + .seconds(3_000_000),
      lines: [SVGChart.Line(name: "n", series: many)], gap: "g"
    ).text
    #expect(svg.utf8.count < 60_000)
    // The top of the plot.
    #expect(svg.contains("V64H"))
  }
}
