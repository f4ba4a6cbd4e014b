// Asks cuDNN, without a GPU, which fused convolutions it has for a device described by a JSON file.
// For each graph: number of plans, and whether the first can be built: "precompiled", "generated" (its kernel was
// compiled; only the missing driver stopped it) or "no". Usage: plans h100.json
#include <cuda.h>

#include <cudnn_frontend.h>
#include <fstream>
#include <functional>

#include "cudnn.cc"

namespace fe = cudnn_frontend;
using fe::graph::Graph;
using Tensor = std::shared_ptr<fe::graph::Tensor_attributes>;
using Shape = std::vector<int64_t>;

struct Conv { int64_t n, c, h, w, k, r, stride, pad; };

static Shape nhwc(const Shape &d) { return {d[1] * d[2] * d[3], 1, d[3] * d[1], d[1]}; }

static Tensor tensor(Graph &g, const char *name, Shape d) {
  return g.tensor(fe::graph::Tensor_attributes().set_name(name).set_dim(d).set_stride(nhwc(d)));
}

static Tensor point(Graph &g, fe::PointwiseMode_t mode, Tensor a, Tensor b = nullptr) {
  auto attr = fe::graph::Pointwise_attributes().set_mode(mode);
  return b ? g.pointwise(a, b, attr) : g.pointwise(a, attr);
}

template <class A> static A geometry(const Conv &v) {
  return A().set_padding({v.pad, v.pad}).set_stride({v.stride, v.stride}).set_dilation({1, 1});
}

static void ask(const std::vector<uint8_t> &device, const char *name, const std::function<void(Graph &)> &make) {
  auto properties = std::make_shared<fe::DeviceProperties>();
  auto e = properties->deserialize(device);
  if (e.is_bad()) { printf("device: %s\n", e.get_message().c_str()); exit(1); }
  Graph g;
  g.set_device_properties(properties).set_io_data_type(fe::DataType_t::BFLOAT16);
  g.set_intermediate_data_type(fe::DataType_t::FLOAT).set_compute_data_type(fe::DataType_t::FLOAT);
  make(g);
  e = g.validate();
  if (e.is_good()) e = g.build_operation_graph();
  if (e.is_good()) e = g.create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK});
  auto count = e.is_good() ? g.get_execution_plan_count() : 0;
  if (e.is_good()) e = g.build_plans(fe::BuildPlanPolicy_t::HEURISTICS_CHOICE);
  bool generated = e.get_message().find("cuLibraryLoadData") != std::string::npos; if (getenv("WHY") && e.is_bad()) printf("%s\n", e.get_message().substr(0, 600).c_str());
  printf("%-46s %3ld plans  %s\n", name, (long)count, e.is_good() ? "precompiled" : generated ? "generated" : "no");
  fflush(stdout);
}

int main(int, char **argv) {
  std::ifstream file(argv[1]);
  std::vector<uint8_t> device((std::istreambuf_iterator<char>(file)), {});
  using M = fe::PointwiseMode_t;
  auto run = [&](const char *layer, Conv v) {
    int64_t p = (v.h + 2 * v.pad - v.r) / v.stride + 1, q = (v.w + 2 * v.pad - v.r) / v.stride + 1;
    Shape in{v.n, v.c, v.h, v.w}, filter{v.k, v.c, v.r, v.r}, out{v.n, v.k, p, q}, bias{1, v.k, 1, 1};
    auto title = [&](const char *what) { static char s[80]; snprintf(s, sizeof s, "%s: %s", layer, what); return s; };
    auto forward = [&](Graph &g) {
      auto y = g.conv_fprop(tensor(g, "x", in), tensor(g, "w", filter), geometry<fe::graph::Conv_fprop_attributes>(v));
      return point(g, M::ADD, y, tensor(g, "b", bias));
    };
    auto backward = [&](Graph &g) {
      auto dx = g.conv_dgrad(tensor(g, "dy", out), tensor(g, "w", filter), geometry<fe::graph::Conv_dgrad_attributes>(v));
      dx->set_dim(in);
      return dx;
    };
    auto bf16 = [](Tensor t) { t->set_output(true).set_data_type(fe::DataType_t::BFLOAT16); };
    ask(device, title("conv+bias"), [&](Graph &g) { bf16(forward(g)); });
    ask(device, title("conv+bias+relu"), [&](Graph &g) { bf16(point(g, M::RELU_FWD, forward(g))); });
    ask(device, title("conv+bias+tanh"), [&](Graph &g) { bf16(point(g, M::TANH_FWD, forward(g))); });
    ask(device, title("conv+bias+residual+relu"), [&](Graph &g) { bf16(point(g, M::RELU_FWD, point(g, M::ADD, forward(g), tensor(g, "residual", out)))); });
    ask(device, title("dgrad"), [&](Graph &g) { bf16(backward(g)); });
    ask(device, title("dgrad+relu_bwd"), [&](Graph &g) { bf16(point(g, M::RELU_BWD, backward(g), tensor(g, "y", in))); });
    auto full = [&](Graph &g) { auto t = point(g, M::RELU_BWD, point(g, M::ADD, backward(g), tensor(g, "dresidual", in)), tensor(g, "y", in)); bf16(t); return t; };
    ask(device, title("dgrad+residual+relu_bwd"), [&](Graph &g) { full(g); });
    ask(device, title("dgrad+residual+relu_bwd+dbias"), [&](Graph &g) {
      auto db = g.reduction(full(g), fe::graph::Reduction_attributes().set_mode(fe::ReductionMode_t::ADD));
      db->set_dim({1, v.c, 1, 1}).set_stride({v.c, 1, v.c, v.c}).set_output(true).set_data_type(fe::DataType_t::FLOAT);
    });
    for (auto type : {fe::DataType_t::BFLOAT16, fe::DataType_t::FLOAT})
      ask(device, title(type == fe::DataType_t::FLOAT ? "wgrad, float32 result" : "wgrad"), [&](Graph &g) {
        auto dw = g.conv_wgrad(tensor(g, "dy", out), tensor(g, "x", in), geometry<fe::graph::Conv_wgrad_attributes>(v));
        dw->set_dim(filter).set_output(true).set_data_type(type);
      });
  };
  run("R block 3x3 64->64", {512, 64, 35, 55, 64, 3, 1, 1});
  run("R stem 3x3 1->64", {512, 1, 35, 55, 64, 3, 1, 1});
  run("R stem 3x3 8->64 (padded channels)", {512, 8, 35, 55, 64, 3, 1, 1});
  run("R last 1x1 64->1", {512, 64, 35, 55, 1, 1, 1, 0});
  run("R last 1x1 64->8 (padded channels)", {512, 64, 35, 55, 8, 1, 1, 0});
  run("D 3x3/2 8->96", {512, 8, 35, 55, 96, 3, 2, 1});
  run("D 3x3/2 96->64", {512, 96, 18, 28, 64, 3, 2, 1});
  run("hand block 7x7 64->64", {16, 64, 224, 224, 64, 7, 1, 3});
}
