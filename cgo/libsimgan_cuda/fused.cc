// The kernels of fused layers as cuDNN graphs. For each shape, every plan that cuDNN has is timed once on the device;
// the fastest is kept, compiled, in a folder of the cache. A capture of a CUDA graph needs its plans chosen: run the
// step once before.
#include <ATen/cudnn/Handle.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

#include "build.h"
#include "cuda_functions.h"
#include "launch.h"

namespace {

using at::Tensor;
using Operands = std::unordered_map<int64_t, void *>;

void cuda_good(cudaError_t e) { TORCH_CHECK(e == cudaSuccess, "CUDA: ", cudaGetErrorString(e)); }

// The fastest plans by the names of requests, for one model of GPU and one version of cuDNN: a file per plan, and one
// with its milliseconds and its name. It is a cache: a file that cannot be read or written costs only the time to
// choose again.
class PlanFolder {
 public:
  explicit PlanFolder(int device) {
    cudaDeviceProp properties;
    cuda_good(cudaGetDeviceProperties(&properties, device));
    std::string gpu = properties.name;
    for (char &c : gpu)
      if (!isalnum(static_cast<unsigned char>(c))) c = '-';
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const auto folder = cache && *cache ? std::string(cache) : std::string(home ? home : "/tmp") + "/.cache";
    path_ = folder + "/simgan/plans-" + gpu + "-" + std::to_string(sg::fe::detail::get_backend_version());
  }

  // Returns the plan of a request, or nothing.
  std::vector<uint8_t> find(const std::string &request) const {
    std::ifstream file(path_ + "/" + request, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Returns the milliseconds that the plan took when it was chosen, or 0.
  float milliseconds(const std::string &request) const {
    float ms = 0;
    std::ifstream(path_ + "/" + request + ".txt") >> ms;
    return ms;
  }

  void put(const std::string &request, const sg::Built &plan, float ms) const {
    std::error_code failed;
    std::filesystem::create_directories(path_, failed);
    write(request, std::string(plan.code.begin(), plan.code.end()));
    write(request + ".txt", std::to_string(ms) + " ms, " + plan.name + "\n");
  }

 private:
  void write(const std::string &name, const std::string &text) const {
    const auto whole = path_ + "/" + name, partial = whole + "." + std::to_string(getpid());
    std::error_code failed;
    const bool written = static_cast<bool>(std::ofstream(partial, std::ios::binary) << text << std::flush);
    if (written) std::filesystem::rename(partial, whole, failed);
    if (!written || failed) std::filesystem::remove(partial, failed);
  }

  std::string path_;
};

// A graph whose only plan runs a request.
struct Chosen {
  std::unique_ptr<sg::fe::graph::Graph> graph = std::make_unique<sg::fe::graph::Graph>();
  int64_t workspace = 0;  // bytes

  explicit Chosen(const std::vector<uint8_t> &code) {
    sg::load(*graph, code, at::native::getCudnnHandle());
    sg::good(graph->get_workspace_size(workspace));
  }
};

void execute(const Chosen &c, Operands &operands, const at::TensorOptions &options) {
  const auto workspace = at::empty({c.workspace}, options.dtype(at::kByte));
  sg::good(c.graph->execute(at::native::getCudnnHandle(), operands, workspace.data_ptr()));
}

// Returns the milliseconds of one run of c's plan. Eight follow each other, so that the host's time to start one is
// hidden: the fastest of five turns, or fewer if the plan is far slower than best.
float time_plan(const Chosen &c, Operands &operands, const at::TensorOptions &options, float best) {
  const auto stream = c10::cuda::getCurrentCUDAStream().stream();
  struct Event {
    cudaEvent_t e;
    Event() { cuda_good(cudaEventCreate(&e)); }
    ~Event() { cudaEventDestroy(e); }
  } start, stop;
  constexpr int runs = 8;
  execute(c, operands, options);  // warms up
  float fastest = std::numeric_limits<float>::infinity();
  for (int turn = 0; turn < 5 && (turn == 0 || fastest < 2 * best); turn++) {
    float ms;
    cuda_good(cudaEventRecord(start.e, stream));
    for (int run = 0; run < runs; run++) execute(c, operands, options);
    cuda_good(cudaEventRecord(stop.e, stream));
    cuda_good(cudaEventSynchronize(stop.e));
    cuda_good(cudaEventElapsedTime(&ms, start.e, stop.e));
    fastest = std::min(fastest, ms / runs);
  }
  return fastest;
}

// Runs f on a plan. Returns whether that succeeded, or why not.
template <class F>
bool runs(F &&f, std::string &why) {
  try {
    f();
    return true;
  } catch (const std::exception &e) {
    cudaGetLastError();  // else the next kernel of libtorch throws it
    why = e.what();
    return false;
  }
}

// Returns the plan of the folder, if it still runs. A plan that is far faster now was chosen while another program used
// the GPU, so the choice says little, and none is returned. (One that is slower now is kept: the GPU is busy.)
std::optional<Chosen> known(const PlanFolder &folder, const sg::Request &request, Operands &operands,
                            const at::TensorOptions &options) {
  const auto code = folder.find(request.name());
  if (code.empty()) return {};
  const float then = folder.milliseconds(request.name());
  std::optional<Chosen> c;
  float now = 0;
  std::string why;
  if (!runs([&] { now = time_plan(c.emplace(code), operands, options, /*best=*/0); }, why) || now < then / 1.5f)
    c.reset();
  return c;
}

// How many plans are built at once: each builder has a graph and a compiler, 30 MB.
int64_t builders() { return std::min(std::thread::hardware_concurrency(), 16u); }

// Builds all plans, on the host's cores, and returns the fastest.
Chosen fastest(const PlanFolder &folder, const sg::Request &request, Operands &operands,
               const at::TensorOptions &options) {
  const auto list = [&](sg::fe::graph::Graph &g) {
    c10::cuda::set_device(options.device().index());  // for the rest of a builder's life; here it is set already
    sg::plan(g, request, at::native::getCudnnHandle());
  };
  const auto built = sg::build_all(list, builders());
  std::optional<Chosen> winner;
  const sg::Built *won = nullptr;
  float best = std::numeric_limits<float>::infinity();
  std::string why = "cuDNN has no plan";
  for (const auto &b : built) {
    const auto take = [&] {  // a plan that does not suit this device fails; the next one may suit
      Chosen c(b.code);
      const float ms = time_plan(c, operands, options, best);
      if (ms >= best) return;
      best = ms;
      won = &b;
      winner = std::move(c);
    };
    if (b.code.empty())
      why = b.why;
    else
      runs(take, why);
  }
  TORCH_CHECK(winner, request.name(), ": ", why);
  folder.put(request.name(), *won, best);
  return std::move(*winner);
}

struct FusedCuDNN : sg::Kernels {
  Tensor forward(const Tensor &x, const Tensor &w, const Tensor &b, int64_t stride, const Tensor &residual, bool relu,
                 int64_t) override {
    const auto layer = layer_of(x, w.size(0), w.size(2), stride);
    auto y = at::empty({layer.n, layer.k, layer.out(layer.h), layer.out(layer.w)}, x.options(),
                       at::MemoryFormat::ChannelsLast);
    run({sg::Request::forward, residual.defined(), relu, false, layer},
        {{sg::op_x, x}, {sg::op_w, w}, {sg::op_b, b}, {sg::op_residual, residual}, {sg::op_out, y}});
    return y;
  }

  std::pair<Tensor, Tensor> input_gradient(const Tensor &dy, const Tensor &w, const Tensor &x, int64_t stride,
                                           const Tensor &residual, bool masked, bool summed) override {
    auto dx = at::empty_like(x);
    const auto db = summed ? at::empty({x.size(1)}, dy.options().dtype(at::kFloat)) : Tensor();
    run({sg::Request::input, residual.defined(), masked, summed, layer_of(x, w.size(0), w.size(2), stride)},
        {{sg::op_dy, dy},
         {sg::op_w, w},
         {sg::op_y, masked ? x : Tensor()},
         {sg::op_residual, residual},
         {sg::op_out, dx}},
        db);
    return {dx, db};
  }

  Tensor weight_gradient(const Tensor &dy, const Tensor &x, int64_t r, int64_t stride, int64_t) override {
    const auto layer = layer_of(x, dy.size(1), r, stride);
    auto dw = at::empty({layer.k, layer.c, r, r}, x.options(), at::MemoryFormat::ChannelsLast);
    run({sg::Request::weight, false, false, false, layer}, {{sg::op_dy, dy}, {sg::op_x, x}, {sg::op_out, dw}});
    return dw;
  }

  void fill_border(const Tensor &maps, int64_t p) override {
    if (!sg::rtc::launch_border(/*fold=*/false, maps, p)) sg::fill_border(maps, p);
  }

  void fold_border(const Tensor &maps, int64_t p) override {
    if (!sg::rtc::launch_border(/*fold=*/true, maps, p)) sg::fold_border(maps, p);
  }

 private:
  static sg::Layer layer_of(const Tensor &x, int64_t k, int64_t r, int64_t stride) {
    return {x.size(0), x.size(1), x.size(2), x.size(3), k, r, stride};
  }

  // Runs the request on the tensors that are defined. Kernels may add to sum, so it is cleared before.
  void run(const sg::Request &request, const std::vector<std::pair<sg::Operand, Tensor>> &tensors,
           const Tensor &sum = {}) {
    Operands operands;
    for (const auto &[id, t] : tensors) {
      if (!t.defined()) continue;
      TORCH_CHECK(t.is_cuda() && t.scalar_type() == at::kBFloat16 &&
                      (t.dim() == 1 || t.is_contiguous(at::MemoryFormat::ChannelsLast)),
                  request.name(), ": an operand of ", t.sizes(), " is not bfloat16 with channels innermost on a GPU");
      operands[id] = t.data_ptr();
    }
    if (sum.defined()) operands[sg::op_db] = sum.data_ptr();
    const c10::cuda::CUDAGuard device(tensors.front().second.device());
    const auto options = tensors.front().second.options();
    const auto &chosen = choose(request, operands, options);
    if (sum.defined()) sum.zero_();
    execute(chosen, operands, options);
  }

  // Backward passes run in another thread.
  const Chosen &choose(const sg::Request &request, Operands &operands, const at::TensorOptions &options) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto key = std::to_string(options.device().index()) + " " + request.name();
    const auto found = chosen_.find(key);
    if (found != chosen_.end()) return found->second;
    TORCH_CHECK(c10::cuda::currentStreamCaptureStatusMayInitCtx() == c10::cuda::CaptureStatus::None, request.name(),
                ": no plan was chosen before the capture");
    const PlanFolder folder(options.device().index());
    auto c = known(folder, request, operands, options);
    if (!c) c = fastest(folder, request, operands, options);
    return chosen_.emplace(key, std::move(*c)).first->second;
  }

  std::mutex mutex_;
  std::map<std::string, Chosen> chosen_;
};

}  // namespace

extern "C" sg::Kernels *sg_cuda_fused_kernels() {
  static FusedCuDNN kernels;
  return &kernels;
}
