// The yardstick: gRPC C++ with its callback API and a constant answer.
//
//   grpc-cpp PORT REPLICAS
//
// Answers GetMetrics with REPLICAS and IsActive with true on 127.0.0.1:PORT.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "externalscaler.grpc.pb.h"

namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;

class Scaler final : public externalscaler::ExternalScaler::CallbackService {
 public:
  explicit Scaler(int replicas) : replicas_(replicas) {}

  ServerUnaryReactor *GetMetrics(CallbackServerContext *context,
                                 const externalscaler::GetMetricsRequest *,
                                 externalscaler::GetMetricsResponse *response) override {
    auto *value = response->add_metricvalues();
    value->set_metricname("desired_replicas");
    value->set_metricvalue(replicas_);
    value->set_metricvaluefloat(replicas_);
    auto *reactor = context->DefaultReactor();
    reactor->Finish(Status::OK);
    return reactor;
  }

  ServerUnaryReactor *IsActive(CallbackServerContext *context,
                               const externalscaler::ScaledObjectRef *,
                               externalscaler::IsActiveResponse *response) override {
    response->set_result(true);
    auto *reactor = context->DefaultReactor();
    reactor->Finish(Status::OK);
    return reactor;
  }

 private:
  const int replicas_;
};

}  // namespace

int main(int count, char **arguments) {
  if (count != 3) {
    std::cerr << "usage: grpc-cpp PORT REPLICAS\n";
    return 2;
  }
  Scaler scaler(std::atoi(arguments[2]));
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + arguments[1],
                           grpc::InsecureServerCredentials());
  builder.RegisterService(&scaler);
  auto server = builder.BuildAndStart();
  if (!server) return 1;
  // SIGTERM ends the process: there is nothing to be saved.
  server->Wait();
}
