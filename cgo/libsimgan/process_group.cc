#include "process_group.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define USE_C10D_GLOO
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "cuda_functions.h"

using sg::guard;
using sg::tensor;

namespace {

struct Group {
  c10::intrusive_ptr<c10d::Store> store;
  std::string host;
  c10::intrusive_ptr<c10d::Backend> gloo;  // NULL before sg_group_connect and after sg_group_abort
  void *nccl = nullptr;                    // NULL without a GPU
  int rank, size;
};

Group &group(sg_group g) { return *static_cast<Group *>(g); }

c10d::Backend &peers(sg_group g) {
  TORCH_CHECK(group(g).gloo, "the group's connections are closed");
  return *group(g).gloo;
}

bool is_loopback(const std::string &host) { return host == "localhost" || host == "127.0.0.1"; }

// Returns a socket that only this machine reaches: one that the store opens itself listens on every interface.
int loopback_socket(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  TORCH_CHECK(fd >= 0, "socket: ", strerror(errno));
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) {
    auto reason = strerror(errno);
    close(fd);
    TORCH_CHECK(false, "port ", port, " of 127.0.0.1: ", reason);
  }
  return fd;
}

// The network device that Gloo listens on, chosen as PyTorch does; beside a store of this machine the loopback.
auto network(const std::string &host) {
  if (auto *name = getenv("GLOO_SOCKET_IFNAME")) return c10d::ProcessGroupGloo::createDeviceForInterface(name);
  if (is_loopback(host)) return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return c10d::ProcessGroupGloo::createDefaultDevice();
}

// The values in the host's memory, row-major.
at::Tensor host(sg_tensor t) { return tensor(t).detach().to(at::kCPU).contiguous(); }

void check(char *message) {
  if (!message) return;
  std::string text(message);
  sg_string_free(message);
  TORCH_CHECK(false, text);
}

void sum(sg_group g, const at::Tensor &t) {
  if (t.is_cuda()) {
    TORCH_CHECK(group(g).nccl, "sg_group_device was not called");
    auto copy = t;
    return check(SG_CALL_CUDA(sg_cuda_nccl_sum, group(g).nccl, static_cast<void *>(&copy)));
  }
  std::vector<at::Tensor> tensors{t};
  peers(g).allreduce(tensors)->wait();
}

void average(sg_group g, const std::vector<at::Tensor> &tensors) {
  if (tensors.empty()) return;
  std::vector<at::Tensor> parts;
  for (auto &t : tensors) parts.push_back(t.reshape({-1}));
  auto flat = at::cat(parts);
  sum(g, flat);
  flat.div_(group(g).size);
  int64_t from = 0;
  for (auto &t : tensors) {
    t.copy_(flat.narrow(0, from, t.numel()).view(t.sizes()));
    from += t.numel();
  }
}

}  // namespace

char *sg_group_join(const char *host, int32_t port, int serve, const char *prefix, int32_t rank, int32_t size,
                    int64_t timeout_ms, sg_group *out) {
  return guard([&] {
    auto g = std::make_unique<Group>();
    g->host = host;
    g->rank = rank;
    g->size = size;
    std::chrono::milliseconds timeout(timeout_ms);
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = serve;
    options.waitWorkers = false;
    options.timeout = timeout;
    if (serve && is_loopback(host)) options.masterListenFd = loopback_socket(options.port);
    g->store = c10::make_intrusive<c10d::PrefixStore>(prefix, c10::make_intrusive<c10d::TCPStore>(host, options));
    g->store->setTimeout(timeout);
    *out = g.release();
  });
}

char *sg_group_connect(sg_group g, int64_t timeout_ms) {
  return guard([&] {
    auto &joined = group(g);
    auto how = c10d::ProcessGroupGloo::Options::create(std::chrono::milliseconds(timeout_ms));
    how->devices.push_back(network(joined.host));
    joined.gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(joined.store, joined.rank, joined.size, how);
  });
}

char *sg_group_timeout(sg_group g, int64_t timeout_ms) {
  return guard([&] {
    std::chrono::milliseconds timeout(timeout_ms);
    group(g).store->setTimeout(timeout);
    peers(g).setTimeout(timeout);
  });
}

char *sg_group_device(sg_group g, int32_t device) {
  return guard([&] {
    auto &joined = group(g);
    std::vector<uint8_t> id(SG_CUDA_NCCL_ID);
    if (joined.rank == 0) {
      check(SG_CALL_CUDA(sg_cuda_nccl_id, static_cast<void *>(id.data())));
      joined.store->set("nccl", id);
    } else {
      id = joined.store->get("nccl");
    }
    check(SG_CALL_CUDA(sg_cuda_nccl_join, static_cast<const void *>(id.data()), device, joined.rank, joined.size,
                       &joined.nccl));
  });
}

char *sg_group_sum(sg_group g, sg_tensor t) {
  return guard([&] { sum(g, tensor(t)); });
}

char *sg_group_average(sg_group g, const sg_tensor *tensors, int64_t n) {
  return guard([&] {
    c10::NoGradGuard off;
    average(g, sg::list(tensors, n));
  });
}

char *sg_group_average_gradients(sg_group g, const sg_tensor *params, int64_t n) {
  return guard([&] {
    c10::NoGradGuard off;
    std::vector<at::Tensor> grads;
    for (auto &p : sg::list(params, n)) {
      if (p.grad().defined()) grads.push_back(p.grad());
    }
    average(g, grads);
  });
}

char *sg_group_broadcast(sg_group g, sg_tensor t, int32_t from) {
  return guard([&] {
    c10::NoGradGuard off;
    std::vector<at::Tensor> sent{host(t)};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    peers(g).broadcast(sent, options)->wait();
    if (group(g).rank != from) tensor(t).copy_(sent[0]);
  });
}

char *sg_group_send(sg_group g, sg_tensor t, int32_t to) {
  return guard([&] {
    std::vector<at::Tensor> sent{host(t)};
    peers(g).send(sent, to, 0)->wait();
  });
}

char *sg_group_receive(sg_group g, sg_tensor t, int32_t from) {
  return guard([&] {
    c10::NoGradGuard off;
    std::vector<at::Tensor> received{at::empty_like(host(t))};
    peers(g).recv(received, from, 0)->wait();
    tensor(t).copy_(received[0]);
  });
}

char *sg_group_abort(sg_group g) {
  return guard([&] { group(g).gloo.reset(); });
}

void sg_group_free(sg_group g) {
  if (g && group(g).nccl) sg_string_free(SG_CALL_CUDA(sg_cuda_nccl_free, group(g).nccl));
  delete static_cast<Group *>(g);
}

char *sg_store_set(sg_group g, const char *key, const void *value, int64_t n) {
  return guard([&] {
    auto *first = static_cast<const uint8_t *>(value);
    group(g).store->set(key, std::vector<uint8_t>(first, first + n));
  });
}

char *sg_store_get(sg_group g, const char *key, char **value, int64_t *n) {
  return guard([&] {
    *value = nullptr;
    *n = 0;
    if (!group(g).store->check({key})) return;
    auto bytes = group(g).store->get(key);
    *n = static_cast<int64_t>(bytes.size());
    *value = static_cast<char *>(malloc(bytes.size() + 1));
    memcpy(*value, bytes.data(), bytes.size());
  });
}
