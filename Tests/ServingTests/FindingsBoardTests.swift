internal import Manifests
internal import Scaling
internal import SidePort
internal import Testing

@testable internal import Serving

/// What the side port shows of the last reading of manifests.
struct FindingsBoardTests {
  private static func update(
    _ diagnostics: [Diagnostic], held: [String] = []
  ) -> ManifestUpdate {
    ManifestUpdate(
      catalog: Catalog(policies: [:], dataSources: [:]), hasChanged: false,
      diagnostics: diagnostics, heldFiles: held)
  }

  @Test func `an error says whether the file's last good content is used, a warning never does`() {
    let board = FindingsBoard()
    #expect(board.all.isEmpty)
    board.show(
      Self.update(
        [
          Diagnostic(
            severity: .error, file: "a.yaml", position: SourcePosition(line: 3, column: 7),
            message: "wrong"),
          Diagnostic(severity: .warning, file: "a.yaml", message: "odd"),
          Diagnostic(severity: .error, file: "b.yaml", message: "unreadable"),
        ], held: ["a.yaml"]))
    #expect(
      board.all == [
        Finding(
          isError: true, file: "a.yaml", line: 3, column: 7, message: "wrong",
          lastGoodIsUsed: true),
        Finding(isError: false, file: "a.yaml", message: "odd"),
        Finding(isError: true, file: "b.yaml", message: "unreadable"),
      ])
  }

  @Test func `what was found before is forgotten`() {
    let board = FindingsBoard()
    board.show(Self.update([Diagnostic(severity: .error, file: "a.yaml", message: "wrong")]))
    board.show(Self.update([]))
    #expect(board.all.isEmpty)
  }
}
