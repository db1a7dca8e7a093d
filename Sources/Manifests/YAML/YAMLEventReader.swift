private import CYAML

/// Reads the events of a YAML stream from libyaml's parser.
///
/// Owns the parser. The bytes have to outlive it, which `forEach` sees to.
struct YAMLEventReader: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>

  /// Calls `body` for every event up to the end of the stream.
  ///
  /// - Throws: What `body` throws, or the stream's first syntax error.
  static func forEach(
    in text: SourceText, _ body: (YAMLEvent) throws(YAMLProblem) -> Void
  ) throws(YAMLProblem) {
    try text.bytes.withUnsafeBufferPointer { (bytes) throws(YAMLProblem) in
      let reader = try YAMLEventReader(bytes)
      while try reader.next(of: text, body) {}
    }
  }

  private init(_ bytes: UnsafeBufferPointer<UInt8>) throws(YAMLProblem) {
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    // Fails only when memory is exhausted, and has released everything then.
    guard yaml_parser_initialize(parser) == 1 else {
      throw YAMLProblem(position: .start, message: "not enough memory to read the file")
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deinitialize(count: 1)
    parser.deallocate()
  }

  /// False after the end of the stream.
  private func next(
    of text: SourceText, _ body: (YAMLEvent) throws(YAMLProblem) -> Void
  ) throws(YAMLProblem) -> Bool {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw problem(of: text) }
    defer { yaml_event_delete(&event) }
    if let kind = kind(of: event) {
      let position = text.original(SourcePosition(event.start_mark))
      try body(YAMLEvent(position: position, kind: kind))
    }
    return event.type != YAML_STREAM_END_EVENT && event.type != YAML_NO_EVENT
  }

  /// Nil for the events that only frame the stream.
  private func kind(of event: yaml_event_t) -> YAMLEvent.Kind? {
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      return .documentStart
    case YAML_DOCUMENT_END_EVENT:
      return .documentEnd
    case YAML_ALIAS_EVENT:
      return YAMLEvent.Name(event.data.alias.anchor).map { .alias($0) }
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      return .scalar(
        text: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
        properties(anchor: scalar.anchor, tag: scalar.tag))
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      return .sequenceStart(properties(anchor: start.anchor, tag: start.tag))
    case YAML_SEQUENCE_END_EVENT:
      return .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      return .mappingStart(properties(anchor: start.anchor, tag: start.tag))
    case YAML_MAPPING_END_EVENT:
      return .mappingEnd
    default:
      return nil
    }
  }

  private func properties(
    anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?
  ) -> YAMLEvent.Properties {
    YAMLEvent.Properties(anchor: YAMLEvent.Name(anchor), tag: YAMLEvent.Name(tag))
  }

  /// What libyaml says of the error that it stopped at.
  private func problem(of text: SourceText) -> YAMLProblem {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "malformed YAML"
    // Of the errors, YAML_MEMORY_ERROR has no position, YAML_READER_ERROR only an offset; the
    // scanner's and the parser's have both marks. The others belong to functions not called here.
    switch parser.pointee.error {
    case YAML_MEMORY_ERROR:
      return YAMLProblem(position: .start, message: "not enough memory to read the file")
    case YAML_READER_ERROR:
      let value = parser.pointee.problem_value
      return YAMLProblem(
        position: text.original(text.position(ofByte: parser.pointee.problem_offset)),
        message: YAMLSyntaxError.sentence(problem: problem, character: Int(value)))
    default:
      // libyaml ends every text with a line break, and may point past it.
      let position = min(SourcePosition(parser.pointee.problem_mark), text.end)
      let start = SourcePosition(parser.pointee.context_mark)
      let context = start == position ? nil : parser.pointee.context.map { String(cString: $0) }
      return YAMLProblem(
        position: text.original(position),
        message: YAMLSyntaxError.sentence(
          problem: problem, context: context, contextPosition: text.original(start),
          isTab: text.byte(at: position) == UInt8(ascii: "\t")))
    }
  }
}

extension SourcePosition {
  /// libyaml counts from 0.
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(
      line: Int(clamping: mark.line).advanced(by: 1),
      column: Int(clamping: mark.column).advanced(by: 1))
  }
}
