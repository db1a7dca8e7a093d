// What the built-in forecaster costs, for scripts/bench: workloads that have learnt 28 days of 5-minute
// buckets, refreshed one after the other.
//
//   forecasting WORKLOADS REFRESHES
//
// REFRESHES is how often each workload is refreshed: one observation and the forecast of six horizons.
// A few workloads learn; the others are copies of them, which go on with loads of their own.
// Prints JSON: in nanoseconds the mean of a refresh where the next workload follows each time (`refresh`)
// and where one is refreshed all the time (`warm`), in bytes what a workload takes of the heap and of a
// state file, and what learning 28 days takes. The sum of all forecasts keeps the compiler honest, and is
// the same in every run.
internal import Forecasting
internal import Glibc

/// A load with a day, a week and noise, different for each workload.
struct Load {
  private var state: UInt64

  init(workload: Int) {
    state = UInt64(workload) &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  mutating func value(_ bucket: Int) -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let noise = Double(state >> 33) / Double(1 << 31)
    let day = sin(Double(bucket % 288) / 288 * 2 * .pi)
    return (200 + 100 * day) * (bucket / 288 % 7 < 2 ? 0.6 : 1) * (0.9 + 0.2 * noise)
  }
}

/// Of the processor: this waits for nothing.
func nanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

guard CommandLine.arguments.count == 3, let workloads = Int(CommandLine.arguments[1]),
  let refreshes = Int(CommandLine.arguments[2]), workloads > 0, refreshes > 0,
  let parameters = ForecastParameters(
    step: .seconds(300), leadTime: .seconds(1800), threshold: 10, quantile: 0.9,
    extraHorizons: 0)
else {
  print("usage: forecasting WORKLOADS REFRESHES")
  exit(2)
}
let first = 5_900_000
let days = 28
let learners = min(workloads, 20)
var loads = (0..<workloads).map(Load.init)
var forecasters: [LoadForecaster] = []
forecasters.reserveCapacity(workloads)
let heap = Int(bitPattern: sbrk(0))
for _ in 0..<workloads {
  forecasters.append(LoadForecaster(parameters, clock: LocalClock(), firstBucket: first))
}
let bytes = (Int(bitPattern: sbrk(0)) - heap) / workloads + MemoryLayout<LoadForecaster>.stride

let begun = nanoseconds()
for workload in 0..<learners {
  for bucket in first..<first + days * 288 {
    forecasters[workload].observe(loads[workload].value(bucket))
  }
}
let learnt = nanoseconds()
for workload in learners..<workloads { forecasters[workload] = forecasters[workload % learners] }
var sum = 0.0
var next = first + days * 288

/// Refreshes every workload once.
@MainActor func refreshAll() {
  for workload in forecasters.indices {
    forecasters[workload].observe(loads[workload].value(next))
    sum += forecasters[workload].forecast()?.loads[5] ?? 0
  }
  next += 1
}

// A copy gets memory of its own with its first refresh.
refreshAll()
let copied = nanoseconds()
for _ in 0..<refreshes { refreshAll() }
let refreshed = nanoseconds()
let count = 20_000
for refresh in 0..<count {
  forecasters[0].observe(loads[0].value(next + refresh))
  sum += forecasters[0].forecast()?.loads[5] ?? 0
}
let warm = nanoseconds()
let key = ForecastKey(source: "main", query: "sum(load)", parameters: parameters)
print(
  "{\"workloads\": \(workloads), \"refresh\": \((refreshed - copied) / UInt64(workloads * refreshes)), "
    + "\"warm\": \((warm - refreshed) / UInt64(count)), \"bytes\": \(bytes), "
    + "\"state\": \(LearntState.encode(forecasters[0], ForecastDay(parameters), key: key).count), "
    + "\"learn\": \((learnt - begun) / UInt64(learners)), \"sum\": \(sum)}")
