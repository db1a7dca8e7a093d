internal import GRPCWire
internal import ScalerMessages

extension FuzzTarget {
  /// The messages of all requests: the same bytes as each of them, with the memory of the last.
  static let requestMessages = FuzzTarget("request-messages", maxLength: 2048) { _ in
    let decoder = MessageDecoder()
    return { bytes throws(Broken) in
      let message = bytes.span.bytes
      let ref = try outcome { () throws(MessageError) in
        try decoder.scaledObjectRef(from: message)
      }
      let metadata = try outcome { () throws(MessageError) in
        try decoder.scalerMetadata(from: message)
      }
      try requireAgreement(ref, metadata)
      try requireKey(of: ref, ofMessage: message, decoder)
      let request = try outcome { () throws(MessageError) in
        try decoder.getMetricsRequest(from: message)
      }
      try requireKey(of: request, ofMessage: message, decoder)
      _ = try outcome { () throws(MessageError) in try decoder.healthCheckRequest(from: message) }
      let reflection = try outcome { () throws(MessageError) in
        try decoder.reflectionRequest(from: message)
      }
      if let reflection { try requireAnswer(to: reflection) }
      let again = try outcome { () throws(MessageError) in
        try decoder.scaledObjectRef(from: message)
      }
      try require(again == ref, "a second decoding differs")
    }
  }

  /// Nil for a message that is refused.
  private static func outcome<Value>(
    _ decode: () throws(MessageError) -> Value
  ) throws(Broken) -> Value? {
    do throws(MessageError) {
      return try decode()
    } catch {
      try requireStatus(RPCStatus(.invalidArgument, error.description))
      return nil
    }
  }

  /// The reference, which has some of the keys, agrees with the whole of the metadata.
  private static func requireAgreement(
    _ ref: ScaledObjectRef?, _ metadata: [String: String]?
  ) throws(Broken) {
    guard let ref else { return }
    guard let metadata else { throw Broken("the reference is fine, its metadata is not") }
    try require(ref.policy == metadata["policy"], "the policy differs")
    try require(ref.workload == metadata["workload"], "the workload differs")
    try require(ref.leadTime == metadata["leadTime"], "the lead time differs")
    try require(ref.metricName == metadata["metricName"], "the metric name differs")
    try require(ref.metadataCount >= metadata.count, "entries were not counted")
  }

  /// The key that is read from a message is the key of its reference.
  private static func requireKey(
    of ref: ScaledObjectRef?, ofMessage message: RawSpan, _ decoder: MessageDecoder
  ) throws(Broken) {
    let read = try outcome { () throws(MessageError) in
      var key = ReferenceKey()
      try decoder.readReference(from: message, into: &key)
      return key.bytes
    }
    try require(read == ref.map(key(of:)), "the key is not that of the reference")
  }

  /// The same of a request for metrics, and which metric it asks for.
  private static func requireKey(
    of request: GetMetricsRequest?, ofMessage message: RawSpan, _ decoder: MessageDecoder
  ) throws(Broken) {
    let read = try outcome { () throws(MessageError) in
      var key = ReferenceKey()
      let isOwn = try decoder.readMetricsRequest(
        from: message, defaultMetricName: "desired_replicas", into: &key)
      return (key.bytes, isOwn)
    }
    guard let request, let read else {
      return try require(request == nil && read == nil, "only one of the two is refused")
    }
    try require(
      read.0 == Self.key(of: request.scaledObject), "the key is not that of the reference")
    let name = request.scaledObject.metricName.flatMap { $0.isEmpty ? nil : $0 }
    let isOwn = request.metricName.isEmpty || request.metricName == name ?? "desired_replicas"
    try require(read.1 == isOwn, "the metric is another")
  }

  private static func key(of ref: ScaledObjectRef) -> [UInt8] {
    var key = ReferenceKey()
    key.fill(
      name: ref.name, namespace: ref.namespace, policy: ref.policy, workload: ref.workload,
      leadTime: ref.leadTime, metricName: ref.metricName,
      entries: ref.entries.map { ($0.key, $0.value) })
    return key.bytes
  }

  private static func requireAnswer(to request: ReflectionRequest) throws(Broken) {
    let answer = DescriptorIndex.embedded.answer(to: request.question)
    let frame = MessageEncoder.reflectionResponse(to: request, answer)
    var deframer = MessageDeframer(maxMessageSize: 1 << 20)
    var offset = 0
    let next = deframer.next(in: frame.span.bytes, from: &offset)
    try require(
      next == .message(MessageFrame.prefixLength..<frame.count), "an answer is not one frame")
  }
}
