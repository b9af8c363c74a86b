// Unary SendMessage over gRPC to the echo agent: calls in flight at all times for some seconds,
// each with a new id and text, each answer checked. One thread, one completion queue.
//
//   grpc PORT SECONDS CHANNELS CALLS_OF_EACH  ->
//   {"requests":…,"failed":…,"seconds":…,"p50":…,"p99":…}
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "a2a/grpc/proto/a2a_v1.grpc.pb.h"

namespace {

namespace v1 = lf::a2a::v1;
using Clock = std::chrono::steady_clock;

struct Load {
  grpc::CompletionQueue queue;
  std::vector<std::unique_ptr<v1::A2AService::Stub>> stubs;
  std::string run = std::to_string(std::random_device()());
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::vector<float> micros;
};

/// One place in flight: its next call begins when the last one ends.
struct Slot {
  v1::A2AService::Stub* stub = nullptr;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SendMessageResponse>> reader;
  v1::SendMessageRequest request;
  v1::SendMessageResponse answer;
  grpc::Status status;
  Clock::time_point begun;
};

void begin(Load& load, Slot& slot) {
  const std::string id = load.run + "-" + std::to_string(++load.sent);
  auto& message = *slot.request.mutable_message();
  message.set_message_id(id);
  message.mutable_parts(0)->set_text("hello " + id);
  slot.context = std::make_unique<grpc::ClientContext>();
  slot.context->AddMetadata("a2a-version", "1.0");
  slot.answer.Clear();
  slot.begun = Clock::now();
  slot.reader = slot.stub->AsyncSendMessage(slot.context.get(), slot.request, &load.queue);
  slot.reader->Finish(&slot.answer, &slot.status, &slot);
}

void check(Load& load, const Slot& slot) {
  const auto& task = slot.answer.task();
  const bool right = slot.status.ok() && task.status().state() == v1::TASK_STATE_COMPLETED &&
                     task.artifacts_size() == 1 &&
                     task.artifacts(0).parts(0).text() == slot.request.message().parts(0).text();
  if (!right && load.failed++ == 0)
    std::fprintf(stderr, "grpc: %s\n", slot.status.error_message().c_str());
  load.micros.push_back(
      std::chrono::duration<float, std::micro>(Clock::now() - slot.begun).count());
}

double percentile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at);
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) return 2;
  const std::string target = std::string("127.0.0.1:") + words[1];
  const auto seconds = std::chrono::seconds(std::atoi(words[2]));
  const int channels = std::atoi(words[3]);
  const int calls = std::atoi(words[4]);
  Load load;
  for (int i = 0; i < channels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("grpc.channel_id", i);  // a connection each
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    load.stubs.push_back(v1::A2AService::NewStub(
        grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments)));
  }
  std::vector<Slot> slots(static_cast<std::size_t>(channels) * static_cast<std::size_t>(calls));
  const auto start = Clock::now();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    slots[i].stub = load.stubs[i % load.stubs.size()].get();
    slots[i].request.set_tenant("default/echo");
    slots[i].request.mutable_message()->set_role(v1::ROLE_USER);
    slots[i].request.mutable_message()->add_parts();
    begin(load, slots[i]);
  }
  std::size_t in_flight = slots.size();
  void* tag = nullptr;
  bool ok = false;
  while (in_flight > 0 && load.queue.Next(&tag, &ok)) {
    Slot& slot = *static_cast<Slot*>(tag);
    check(load, slot);
    if (Clock::now() - start < seconds)
      begin(load, slot);
    else
      --in_flight;
  }
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  const auto requests = load.micros.size();
  const double p50 = percentile(load.micros, 0.5);
  std::printf(R"({"requests":%zu,"failed":%llu,"seconds":%.6f,"p50":%.1f,"p99":%.1f})"
              "\n",
              requests, static_cast<unsigned long long>(load.failed), took, p50,
              percentile(load.micros, 0.99));
  return 0;
}
