// The kernels of fused layers as cuDNN graphs. For each shape, every plan that cuDNN has is timed once on the device;
// the name of the fastest is kept in a file of the cache folder. A capture of a CUDA graph needs its plans built: run
// the step once before.
#include <ATen/cudnn/Handle.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
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

#include "cuda_functions.h"
#include "launch.h"
#include "plans.h"

// The JSON parser that comes with cuDNN's frontend.
#include <cudnn_frontend/thirdparty/nlohmann/json.hpp>

namespace {

using at::Tensor;
using Operands = std::unordered_map<int64_t, void *>;

void cuda_good(cudaError_t e) { TORCH_CHECK(e == cudaSuccess, "CUDA: ", cudaGetErrorString(e)); }

// The names of the fastest plans by the names of requests, for one model of GPU and one version of cuDNN. It is a
// cache: a file that cannot be read or written costs only the time to choose again.
class PlanFile {
 public:
  explicit PlanFile(int device) {
    cudaDeviceProp properties;
    cuda_good(cudaGetDeviceProperties(&properties, device));
    std::string gpu = properties.name;
    for (char &c : gpu)
      if (!isalnum(static_cast<unsigned char>(c))) c = '-';
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const auto folder = cache && *cache ? std::string(cache) : std::string(home ? home : "/tmp") + "/.cache";
    path_ = folder + "/simgan/plans-" + gpu + "-" + std::to_string(sg::fe::detail::get_backend_version()) + ".json";
  }

  std::string find(const std::string &request) const {
    const auto all = read();
    return all.contains(request) && all[request].is_string() ? all[request].get<std::string>() : "";
  }

  void put(const std::string &request, const std::string &plan) const {
    auto all = read();
    all[request] = plan;
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), failed);
    const auto partial = path_ + "." + std::to_string(getpid());
    const bool written = static_cast<bool>(std::ofstream(partial) << all.dump(1) << "\n" << std::flush);
    if (written) std::filesystem::rename(partial, path_, failed);
    if (!written || failed) std::filesystem::remove(partial, failed);
  }

 private:
  nlohmann::json read() const {
    std::ifstream file(path_);
    auto all = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
    return all.is_object() ? all : nlohmann::json::object();
  }

  std::string path_;
};

// A graph and the plan that runs it.
struct Chosen {
  std::unique_ptr<sg::fe::graph::Graph> graph = std::make_unique<sg::fe::graph::Graph>();
  int64_t index = -1, workspace = 0;  // workspace in bytes
};

void execute(const Chosen &c, Operands &operands, const at::TensorOptions &options) {
  const auto workspace = at::empty({c.workspace}, options.dtype(at::kByte));
  sg::good(c.graph->execute_plan_at_index(at::native::getCudnnHandle(), operands, workspace.data_ptr(), c.index));
}

// Builds the index-th plan and makes it c's.
void take(Chosen &c, int64_t index) {
  sg::good(c.graph->build_plan_at_index(index));
  c.index = index;
  c.workspace = c.graph->get_workspace_size_plan_at_index(index);
}

// Returns the milliseconds that eight runs of c's plan take, so that the host's time to start one is hidden: the
// fastest of five turns, or fewer if the plan is far slower than best.
float time_plan(const Chosen &c, Operands &operands, const at::TensorOptions &options, float best) {
  const auto stream = c10::cuda::getCurrentCUDAStream().stream();
  struct Event {
    cudaEvent_t e;
    Event() { cuda_good(cudaEventCreate(&e)); }
    ~Event() { cudaEventDestroy(e); }
  } start, stop;
  execute(c, operands, options);  // warms up
  float fastest = std::numeric_limits<float>::infinity();
  for (int turn = 0; turn < 5 && (turn == 0 || fastest < 2 * best); turn++) {
    float ms;
    cuda_good(cudaEventRecord(start.e, stream));
    for (int run = 0; run < 8; run++) execute(c, operands, options);
    cuda_good(cudaEventRecord(stop.e, stream));
    cuda_good(cudaEventSynchronize(stop.e));
    cuda_good(cudaEventElapsedTime(&ms, start.e, stop.e));
    fastest = std::min(fastest, ms);
  }
  return fastest;
}

// Takes the plan of the file if c has it and it still runs.
bool take_known(Chosen &c, const std::string &known, Operands &operands, const at::TensorOptions &options) {
  std::string name;
  for (int64_t i = 0; !known.empty() && i < c.graph->get_execution_plan_count(); i++) {
    if (c.graph->get_plan_name_at_index(i, name).is_bad() || name != known) continue;
    try {
      take(c, i);
      execute(c, operands, options);
      return true;
    } catch (const std::exception &) {
      cudaGetLastError();  // else the next kernel of libtorch throws it
      return false;
    }
  }
  return false;
}

void take_fastest(Chosen &c, const sg::Request &request, Operands &operands, const at::TensorOptions &options) {
  float best = std::numeric_limits<float>::infinity();
  int64_t winner = -1;
  std::string why = "cuDNN has no plan";
  for (int64_t i = 0; i < c.graph->get_execution_plan_count(); i++) {
    try {
      take(c, i);
      const float ms = time_plan(c, operands, options, best);
      if (ms < best) {
        best = ms;
        winner = i;
      }
    } catch (const std::exception &e) {  // the plan does not suit this device; the next one may
      cudaGetLastError();                // else the next kernel of libtorch throws it
      why = e.what();
    }
  }
  TORCH_CHECK(winner >= 0, request.name(), ": ", why);
  take(c, winner);
}

struct FusedCuDNN : sg::Kernels {
  Tensor forward(const Tensor &x, const Tensor &w, const Tensor &b, int64_t stride, const Tensor &residual, bool relu,
                 int64_t) override {
    const auto layer = layer_of(x, w.size(0), w.size(2), stride);
    auto y = at::empty({layer.n, layer.k, layer.out(layer.h), layer.out(layer.w)}, x.options(),
                       at::MemoryFormat::ChannelsLast);
    run({sg::Request::forward, residual.defined(), relu, layer},
        {{sg::op_x, x}, {sg::op_w, w}, {sg::op_b, b}, {sg::op_residual, residual}, {sg::op_out, y}});
    return y;
  }

  std::pair<Tensor, Tensor> input_gradient(const Tensor &dy, const Tensor &w, const Tensor &x, int64_t stride,
                                           const Tensor &residual, bool masked) override {
    auto dx = at::empty_like(x);
    const auto db = masked ? at::empty({x.size(1)}, dy.options().dtype(at::kFloat)) : Tensor();
    run({sg::Request::input, residual.defined(), masked, layer_of(x, w.size(0), w.size(2), stride)},
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
    run({sg::Request::weight, false, false, layer}, {{sg::op_dy, dy}, {sg::op_x, x}, {sg::op_out, dw}});
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
    const PlanFile file(options.device().index());
    Chosen c;
    sg::plan(*c.graph, request, at::native::getCudnnHandle());
    if (!take_known(c, file.find(request.name()), operands, options)) {
      take_fastest(c, request, operands, options);
      std::string name;
      if (c.graph->get_plan_name_at_index(c.index, name).is_good()) file.put(request.name(), name);
    }
    return chosen_.emplace(key, std::move(c)).first->second;
  }

  std::mutex mutex_;
  std::map<std::string, Chosen> chosen_;
};

}  // namespace

extern "C" sg::Kernels *sg_cuda_fused_kernels() {
  static FusedCuDNN kernels;
  return &kernels;
}
