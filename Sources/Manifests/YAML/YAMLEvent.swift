/// One step of a YAML stream, as libyaml's parser reports it.
struct YAMLEvent {
  var position: SourcePosition
  var kind: Kind

  enum Kind {
    case documentStart
    case documentEnd
    case alias(String)
    case scalar(text: String, isPlain: Bool, Properties)
    case sequenceStart(Properties)
    case sequenceEnd
    case mappingStart(Properties)
    case mappingEnd
  }

  /// What may stand before a value.
  struct Properties {
    /// `&anchor`.
    var anchor: String?
    /// The full form of the tag: `tag:yaml.org,2002:str` for `!!str`.
    var tag: String?
  }
}
