/// The manifests that a ConfigMap holds, as `check` reads them.
struct ConfigMapContents {
  /// Manifests as files of their own.
  private(set) var files: [FileContents] = []

  init(of file: FileContents) {
    guard case .bytes(let bytes) = file.content else { return }
    for document in YAMLStream(bytes).documents {
      let object = ImportNode(document)
      guard object["kind"]?.text == "ConfigMap", object["apiVersion"]?.text == "v1" else {
        continue
      }
      guard let data = Self.data(of: document) else { continue }
      for entry in YAMLEntries(of: data) {
        guard Self.extensions.contains(where: entry.key.hasSuffix), entry.value.isScalar else {
          continue
        }
        // A block begins in the line after its key: the empty lines make the inner lines the outer.
        let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: entry.keyPosition.line)
        files.append(
          FileContents(
            path: "\(file.path) (\(printable(entry.key.unicodeScalars)))",
            content: .bytes(lines + entry.value.bytes)))
      }
    }
  }

  private static let extensions = [".yaml", ".yml", ".json"]

  private static func data(of document: YAMLNode) -> YAMLNode? {
    guard document.kind == .mapping else { return nil }
    return YAMLEntries(of: document).first { $0.key == "data" }.map(\.value)
      .flatMap { $0.kind == .mapping ? $0 : nil }
  }
}
