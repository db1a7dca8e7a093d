internal import CExternalScaler

/// The files that describe the served protocols, by name and by what they declare: what reflection
/// answers from. Pure; built once.
package struct DescriptorIndex: Sendable {
  /// The descriptors that are built into the program.
  package static let embedded = DescriptorIndex(
    fileDescriptorSet: Array(
      UnsafeBufferPointer(
        start: headstart_descriptor_set(), count: headstart_descriptor_set_size())))

  /// The full names of all services, sorted.
  package private(set) var services: [String] = []
  private var files: [String: File] = [:]
  /// Full names of services, methods, messages, fields, enums and their values, to file names.
  private var symbols: [String: String] = [:]
  private var messages: Set<String> = []

  private struct File {
    var bytes: [UInt8]
    var dependencies: [String] = []
  }

  /// Reads a serialized `google.protobuf.FileDescriptorSet`.
  init(fileDescriptorSet bytes: [UInt8]) {
    for field in DescriptorFields(bytes[...]) where field.number == 1 {
      add(file: field)
    }
    services.sort()
  }

  /// Answers one question of a reflection stream.
  package func answer(to question: ReflectionRequest.Question?) -> ReflectionAnswer {
    switch question {
    case .services:
      return .services(services)
    case .fileByName(let name):
      guard files[name] != nil else { return .notFound("no file is named \(quoted(name))") }
      return .files(descriptors(from: name))
    case .fileContainingSymbol(let symbol):
      guard let file = symbols[symbol] else {
        return .notFound("no file declares \(quoted(symbol))")
      }
      return .files(descriptors(from: file))
    case .fileContainingExtension(let type, let number):
      return .notFound("no file declares an extension \(number) of \(quoted(type))")
    case .extensionNumbers(let type):
      guard messages.contains(type) else {
        return .notFound("no message is named \(quoted(type))")
      }
      // None of the served protocols has extensions.
      return .extensionNumbers(type: type, [])
    case nil:
      return .failure(
        code: 3,
        message: "the request asks nothing; set one field of message_request, list_services say")
    }
  }

  /// The named file, and then, each once, those that it needs.
  private func descriptors(from name: String) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var seen: Set<String> = []
    var pending = [name]
    while let next = pending.popLast() {
      guard seen.insert(next).inserted, let file = files[next] else { continue }
      found.append(file.bytes)
      pending += file.dependencies.reversed()
    }
    return found
  }

  /// A name in quotes, shortened: the sender decides on its length.
  private func quoted(_ name: String) -> String {
    "\"\(name.count > 128 ? name.prefix(128) + "…" : name[...])\""
  }
}

// The numbers are those of google/protobuf/descriptor.proto.
extension DescriptorIndex {
  private mutating func add(file descriptor: DescriptorFields.Field) {
    var file = File(bytes: Array(descriptor.bytes))
    let name = descriptor.text(of: 1)
    let package = descriptor.text(of: 2)
    for field in descriptor.fields {
      switch field.number {
      case 3: file.dependencies.append(field.text)
      case 4: add(message: field, to: package, in: name)
      case 5: add(enumeration: field, to: package, in: name)
      case 6: add(service: field, to: package, in: name)
      default: break
      }
    }
    files[name] = file
  }

  private mutating func add(
    message: DescriptorFields.Field, to scope: String, in file: String
  ) {
    let name = declare(message, in: scope, file)
    messages.insert(name)
    for field in message.fields {
      switch field.number {
      case 2, 8: declare(field, in: name, file)
      case 3: add(message: field, to: name, in: file)
      case 4: add(enumeration: field, to: name, in: file)
      default: break
      }
    }
  }

  private mutating func add(
    enumeration: DescriptorFields.Field, to scope: String, in file: String
  ) {
    declare(enumeration, in: scope, file)
    // As in C, an enum's values stand beside it, not inside.
    for value in enumeration.fields where value.number == 2 { declare(value, in: scope, file) }
  }

  private mutating func add(
    service: DescriptorFields.Field, to scope: String, in file: String
  ) {
    let name = declare(service, in: scope, file)
    services.append(name)
    for method in service.fields where method.number == 2 { declare(method, in: name, file) }
  }

  /// Every declaration has its name in field 1. Returns the full one.
  @discardableResult
  private mutating func declare(
    _ declaration: DescriptorFields.Field, in scope: String, _ file: String
  ) -> String {
    let name = "\(scope).\(declaration.text(of: 1))"
    symbols[name] = file
    return name
  }
}

extension DescriptorFields.Field {
  /// The string in the first field of that number; empty when there is none.
  fileprivate func text(of number: Int) -> String {
    fields.first { $0.number == number }?.text ?? ""
  }
}

extension ReflectionAnswer {
  /// `NOT_FOUND`, as the protocol has it for every name that is not known.
  fileprivate static func notFound(_ message: String) -> ReflectionAnswer {
    .failure(code: 5, message: message)
  }
}
