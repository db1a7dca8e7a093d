internal import ScalerMessages
internal import Testing

@testable internal import DecisionEngine
@testable internal import ScalerRPCs

@Suite struct AnswerFramesTests {
  @Test func `every number of replicas has its own answer, the first time and later`() {
    var frames = AnswerFrames()
    let most = AnswerFrames.mostReplicas
    for replicas in [7, 0, most, most + 1, 1_000_000, -1, 7, 0, 1, most, most + 1] {
      let expected = MessageEncoder.getMetricsResponse(
        metricName: "desired_replicas", replicas: replicas)
      #expect(frames.metrics(replicas: replicas) == expected)
    }
  }

  @Test func `a trigger that names its metric is answered by that name`() {
    var frames = AnswerFrames()
    let named = Binding(
      object: ScaledObject(namespace: "shop", name: "web", metricName: "load"), key: ByteKey(),
      now: .zero,
      frames: frames)
    let unnamed = Binding(
      object: ScaledObject(namespace: "shop", name: "web"), key: ByteKey(), now: .zero,
      frames: frames)
    for replicas in [3, 4] {
      for (binding, name) in [(named, "load"), (unnamed, "desired_replicas")] {
        binding.take(
          Answer(metrics: .replicas(replicas), activity: .active), frames: &frames)
        let expected = MessageEncoder.getMetricsResponse(metricName: name, replicas: replicas)
        #expect(binding.metricsFrame == expected)
        #expect(binding.specFrame == MessageEncoder.getMetricSpecResponse(metricName: name))
        #expect(binding.replicas == replicas)
        #expect(binding.isAnswered && binding.isActive)
      }
    }
  }
}
