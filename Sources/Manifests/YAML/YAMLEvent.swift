/// One step of a YAML stream, as libyaml's parser reports it.
///
/// Its texts are UTF-8 in libyaml's memory, and there for as long as the parser's event is: strings
/// of their own would be made for every value and hardly ever kept.
struct YAMLEvent {
  var position: SourcePosition
  var kind: Kind

  enum Kind {
    case documentStart
    case documentEnd
    case alias(Name)
    case scalar(text: UnsafeBufferPointer<UInt8>, isPlain: Bool, Properties)
    case sequenceStart(Properties)
    case sequenceEnd
    case mappingStart(Properties)
    case mappingEnd
  }

  /// What may stand before a value, and hardly ever does.
  struct Properties {
    /// `&anchor`.
    var anchor: Name?
    /// The full form of the tag: `tag:yaml.org,2002:str` for `!!str`.
    var tag: Name?
  }

  /// Ends with a NUL.
  struct Name {
    private let bytes: UnsafePointer<UInt8>

    init?(_ bytes: UnsafePointer<UInt8>?) {
      guard let bytes else { return nil }
      self.bytes = bytes
    }

    var text: String { String(cString: bytes) }
  }
}
