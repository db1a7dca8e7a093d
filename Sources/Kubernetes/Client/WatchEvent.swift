internal import HTTPClient

/// One line of a watch.
package enum WatchEvent: Hashable, Sendable {
  case added(KubernetesObject)
  case modified(KubernetesObject)
  case deleted(KubernetesObject)
  /// Nothing has happened up to that resourceVersion.
  case bookmark(resourceVersion: String)
  /// The watch is over for a reason, which comes inside an answer of status 200.
  case failed(KubernetesFailure)
}

/// Cuts a watch's bytes into lines and reads them.
final class WatchDecoder {
  private let call: APICall
  private var buffer: [UInt8] = []
  private var hasFailed = false

  /// In bytes: an object has at most 1.5 MiB in etcd; JSON may double it.
  static let maximumLine = 8 * 1024 * 1024

  init(_ call: APICall) {
    self.call = call
  }

  /// The events that have become complete. After one of failure there are none.
  func decode(_ bytes: [UInt8]) -> [WatchEvent] {
    var events: [WatchEvent] = []
    var rest = bytes[...]
    while !hasFailed, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      buffer += rest[..<end]
      rest = rest[(end + 1)...]
      if !buffer.isEmpty { events.append(event(buffer)) }
      buffer.removeAll(keepingCapacity: true)
    }
    guard !hasFailed else { return events }
    buffer += rest
    if buffer.count > Self.maximumLine {
      events.append(malformed("an event is longer than \(Self.maximumLine >> 20) MiB"))
    }
    return events
  }

  private func event(_ line: [UInt8]) -> WatchEvent {
    let json: JSONValue
    do throws(JSONValue.Failure) {
      json = try JSONValue(line)
    } catch {
      return malformed("an event is not JSON: \(error)")
    }
    guard let type = json["type"]?.text, let object = json["object"] else {
      return malformed("an event lacks its type or its object")
    }
    switch type {
    case "ADDED": return .added(KubernetesObject(object))
    case "MODIFIED": return .modified(KubernetesObject(object))
    case "DELETED": return .deleted(KubernetesObject(object))
    case "BOOKMARK":
      return .bookmark(resourceVersion: KubernetesObject(object).resourceVersion)
    case "ERROR":
      hasFailed = true
      return .failed(KubernetesFailure(watchError: object, of: call))
    default:
      return malformed("an event has the unknown type \"\(Excerpt.text(of: type, length: 40))\"")
    }
  }

  private func malformed(_ problem: String) -> WatchEvent {
    hasFailed = true
    return .failed(
      KubernetesFailure(kind: .malformed, message: "could not \(call.shown): \(problem)"))
  }
}
