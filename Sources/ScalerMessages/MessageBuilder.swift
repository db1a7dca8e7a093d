internal import CExternalScaler

/// The memory of a message with parts, from its making until it is packed.
///
/// For answers that are rare and large; those of every poll live on the stack.
struct MessageBuilder {
  private var blocks: [UnsafeMutableRawPointer] = []

  private init() {}

  /// What `body` makes is valid until it returns.
  static func build<Result>(_ body: (inout MessageBuilder) -> Result) -> Result {
    var builder = MessageBuilder()
    defer { for block in builder.blocks { block.deallocate() } }
    return body(&builder)
  }

  /// An empty message; `initialise` is the function that is generated for its type.
  mutating func message<Message>(
    _ initialise: (UnsafeMutablePointer<Message>?) -> Void
  ) -> UnsafeMutablePointer<Message> {
    let message = allocate(MemoryLayout<Message>.size).bindMemory(to: Message.self, capacity: 1)
    initialise(message)
    return message
  }

  /// A copy of a string's bytes.
  mutating func bytes(_ text: String) -> ProtobufCBinaryData { bytes(Array(text.utf8)) }

  mutating func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: bytes.count, data: list(bytes))
  }

  /// The array behind a repeated field.
  mutating func list<Element: BitwiseCopyable>(
    _ elements: [Element]
  ) -> UnsafeMutablePointer<Element> {
    let size = elements.count * MemoryLayout<Element>.stride
    let list = allocate(size).bindMemory(to: Element.self, capacity: elements.count)
    list.update(from: elements, count: elements.count)
    return list
  }

  /// Zeroed.
  private mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let block = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    blocks.append(block)
    return block
  }
}
