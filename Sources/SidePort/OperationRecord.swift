package import Scaling
internal import Telemetry
internal import Time

/// What direct scaling has done lately.
package struct OperationRecord: Sendable {
  /// Whether targets are scaled here at all.
  package var isDirect: Bool
  /// The newest first.
  package var operations: [ScaleOperation]

  package init(isDirect: Bool, operations: [ScaleOperation]) {
    self.isDirect = isDirect
    self.operations = operations
  }

  func write(to json: inout JSONWriter) {
    json.field("direct", isDirect)
    json.field(array: "operations") { json in
      for operation in operations { json.object { Self.write(operation, to: &$0) } }
    }
  }

  private static func write(_ operation: ScaleOperation, to json: inout JSONWriter) {
    json.field("time", operation.at.rfc3339)
    json.field("namespace", operation.target.namespace)
    json.field("kind", operation.target.kind)
    json.field("name", operation.target.name)
    json.field(object: "policy") { json in
      json.field("namespace", operation.policy.namespace)
      json.field("name", operation.policy.name)
    }
    json.field("from", operation.from)
    json.field("to", operation.to)
    json.field("signal", operation.signal)
    json.field("rule", operation.rule)
    json.field("reason", operation.reason)
    json.field("result", operation.outcome.result)
    json.field("error", operation.outcome.error)
    json.field("count", operation.count)
  }
}
