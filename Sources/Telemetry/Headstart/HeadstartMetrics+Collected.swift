extension HeadstartMetrics {
  /// Writes everything about one policy; called by a collector, once per policy.
  package func write(_ sample: PolicySample, to writer: inout MetricWriter) {
    let policy = [sample.namespace ?? "", sample.policy]
    writer.write(collected.available, sample.desiredReplicas == nil ? 0 : 1, labels: policy)
    if let replicas = sample.desiredReplicas {
      writer.write(collected.desiredReplicas, Double(replicas), labels: policy)
    }
    if let winner = sample.winner { writer.write(collected.winner, 1, labels: policy + [winner]) }
    if let change = sample.nextChange { writer.write(collected.nextChange, change, labels: policy) }
    if sample.overrides > 0 {
      writer.write(collected.overrides, Double(sample.overrides), labels: policy)
    }
    for forecast in sample.forecasts { write(forecast, of: policy, to: &writer) }
    for signal in sample.signals {
      let labels = policy + [signal.signal, signal.kind]
      for state in SignalSample.State.allCases {
        writer.write(
          collected.signalState, signal.state == state ? 1 : 0, labels: labels + [state.rawValue])
      }
      if let replicas = signal.replicas {
        writer.write(collected.signalReplicas, Double(replicas), labels: labels)
      }
      if let age = signal.age { writer.write(collected.signalAge, age.inSeconds, labels: labels) }
      writer.write(collected.signalKept, signal.kept?.inSeconds ?? 0, labels: labels)
    }
  }

  private func write(
    _ forecast: ForecastSample, of policy: [String], to writer: inout MetricWriter
  ) {
    let labels = policy + [forecast.signal]
    for (quantile, load) in [(0.5, forecast.expected), (forecast.quantile, forecast.atMost)] {
      writer.write(collected.forecastLoad, load, labels: labels + [NumberText.text(quantile)])
      if forecast.quantile == 0.5 { break }
    }
    if let kept = forecast.kept { writer.write(collected.forecastKept, kept, labels: labels) }
    if let skill = forecast.skill { writer.write(collected.forecastSkill, skill, labels: labels) }
    for model in ForecastSample.models {
      writer.write(
        collected.forecastCharge, model == forecast.charge ? 1 : 0, labels: labels + [model])
    }
    writer.write(collected.forecastMissing, Double(forecast.missing), labels: labels)
  }

  /// Writes the gRPC server's own counts; called by a collector, once.
  package func write(_ sample: ServerSample, to writer: inout MetricWriter) {
    writer.write(collected.connections, Double(sample.connections))
    writer.write(collected.connectionsAccepted, Double(sample.connectionsAccepted))
    for (reason, count) in sample.connectionsClosed.sorted(by: { $0.key < $1.key }) {
      writer.write(collected.connectionsClosed, Double(count), labels: [reason])
    }
    for (limit, count) in sample.limitsExceeded.sorted(by: { $0.key < $1.key }) {
      writer.write(collected.limitsExceeded, Double(count), labels: [limit])
    }
    writer.write(collected.acceptFailures, Double(sample.acceptFailures))
    writer.write(collected.connectionsRefused, Double(sample.connectionsRefused))
    for (reason, count) in sample.handshakeFailures.sorted(by: { $0.key < $1.key }) {
      writer.write(collected.handshakeFailures, Double(count), labels: [reason])
    }
    writer.write(collected.streamsStalled, Double(sample.streamsStalled))
    writer.write(collected.callsRefused, Double(sample.callsRefused))
    writer.write(collected.callMemory, Double(sample.callMemory))
    writer.write(collected.bytesReceived, Double(sample.bytesReceived))
    writer.write(collected.bytesSent, Double(sample.bytesSent))
  }

  /// Writes whether a data source answers; called by a collector, once per source.
  package func write(_ sample: SourceSample, to writer: inout MetricWriter) {
    writer.write(collected.sourceUp, sample.isUp ? 1 : 0, labels: [sample.source, sample.kind])
  }
}
