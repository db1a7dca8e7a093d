/// One step of a YAML stream, as libyaml's parser reports it.
struct YAMLEvent {
  var position: SourcePosition
  var kind: Kind

  enum Kind {
    case documentStart
    case documentEnd
    case alias(String)
    /// The text is UTF-8, and there for as long as the event is.
    case scalar(text: UnsafeBufferPointer<UInt8>, isPlain: Bool, Properties?)
    case sequenceStart(Properties?)
    case sequenceEnd
    case mappingStart(Properties?)
    case mappingEnd
  }

  /// What may stand before a value, and hardly ever does: a class, so that it is a word in the
  /// events of all others.
  final class Properties {
    /// `&anchor`.
    let anchor: String?
    /// The full form of the tag: `tag:yaml.org,2002:str` for `!!str`.
    let tag: String?

    init(anchor: String?, tag: String?) {
      self.anchor = anchor
      self.tag = tag
    }
  }
}
