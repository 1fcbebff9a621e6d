// A CUDA device for torch's CPU build: its memory is the CPU's, and so is its arithmetic.
//
// What it shows is what goes wrong on a GPU whatever the GPU: a tensor left on the CPU, a generator of the wrong device,
// a step that waits for the device, an algorithm that is not deterministic, memory that is full. It says nothing of
// speed, nor of a GPU's rounding.

#include <ATen/Context.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>
#include <set>
#include <string>

namespace {

using at::IntArrayRef;
using at::Tensor;
using std::optional;

const c10::Device device(c10::DeviceType::CUDA, 0);

// Memory, as much of it as a test allows.

constexpr size_t HEADER = 64;
std::atomic<size_t> used{0}, limit{size_t{16} << 30};

void release(void* data) {
  if (data == nullptr) return;
  char* block = static_cast<char*>(data) - HEADER;
  used -= *reinterpret_cast<size_t*>(block);
  std::free(block);
}

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &release, device};
    TORCH_CHECK_WITH(OutOfMemoryError, used + bytes <= limit, "CUDA out of memory. Tried to allocate ", bytes, " bytes.");
    char* block = static_cast<char*>(std::aligned_alloc(HEADER, HEADER + (bytes + HEADER - 1) / HEADER * HEADER));
    *reinterpret_cast<size_t*>(block) = bytes;
    used += bytes;
    void* data = block + HEADER;
    return {data, data, &release, device};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }
};

Memory memory;
const c10::DispatchKeySet keys(c10::DispatchKey::CUDA);

// One device, one stream, and no waiting.

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return device.type(); }
  c10::Device exchangeDevice(c10::Device) const override { return device; }
  c10::Device getDevice() const override { return device; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  c10::Stream getStream(c10::Device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, device); }
  c10::Stream getNewStream(c10::Device, int) const override { return c10::Stream(c10::Stream::DEFAULT, device); }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override {}
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, c10::DeviceIndex) const noexcept override {}
};

Guard guard;
c10::impl::DeviceGuardImplRegistrar registrar(c10::DeviceType::CUDA, &guard);

// What torch's checks of a step's course would say.

std::atomic<bool> waiting_is_an_error{false};
thread_local bool inside = false;

void waits(const std::string& what) {
  TORCH_CHECK(inside || !waiting_is_an_error, "called a synchronizing CUDA operation: ", what);
}

const std::set<std::string> waiting = {"aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select",
                                       "aten::_unique2", "aten::unique_dim", "aten::equal"};

// The documentation of torch.use_deterministic_algorithms names these.
const std::set<std::string> undetermined = {
    "aten::_adaptive_avg_pool2d_backward", "aten::adaptive_max_pool2d_backward", "aten::avg_pool3d_backward",
    "aten::bincount", "aten::_ctc_loss_backward", "aten::cumsum", "aten::cumsum_", "aten::_embedding_bag_backward",
    "aten::fractional_max_pool2d_backward", "aten::grid_sampler_2d_backward", "aten::histc", "aten::kthvalue",
    "aten::max_pool3d_with_indices_backward", "aten::max_unpool2d", "aten::median", "aten::nll_loss2d_forward",
    "aten::put_", "aten::reflection_pad1d_backward", "aten::reflection_pad2d_backward",
    "aten::replication_pad2d_backward", "aten::scatter_reduce", "aten::upsample_bilinear2d_backward",
    "aten::_upsample_bilinear2d_aa_backward", "aten::upsample_linear1d_backward", "aten::upsample_bicubic2d_backward"};

// An index of a CUDA tensor may be on the CPU; nothing else may, but for single numbers.
const std::set<std::string> mixing = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"};

// Operations.

Tensor empty(IntArrayRef size, optional<at::ScalarType> dtype, optional<at::Layout>, optional<at::Device>,
             optional<bool>, optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &memory, keys, c10::dtype_or_default(dtype), format);
}

Tensor empty_strided(IntArrayRef size, IntArrayRef stride, optional<at::ScalarType> dtype, optional<at::Layout>,
                     optional<at::Device>, optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &memory, keys, c10::dtype_or_default(dtype));
}

// The same memory as a tensor of the CPU.
Tensor on_cpu(const Tensor& tensor) {
  if (!tensor.defined() || !tensor.is_cuda()) return tensor;
  return at::from_blob(const_cast<void*>(tensor.const_data_ptr()), tensor.sizes(), tensor.strides(), [](void*) {},
                       at::TensorOptions().dtype(tensor.dtype()).device(at::kCPU));
}

Tensor& copy_(Tensor& to, const Tensor& from, bool non_blocking) {
  if (to.device() != from.device() && !non_blocking) waits("copy_");
  if (to.numel() != 0) on_cpu(to).copy_(on_cpu(from));
  return to;
}

Tensor _copy_from(const Tensor& from, const Tensor& to, bool non_blocking) {
  Tensor target = to;
  return copy_(target, from, non_blocking);
}

Tensor _copy_from_and_resize(const Tensor& from, const Tensor& to) {
  Tensor target = to;
  target.resize_(from.sizes());
  return copy_(target, from, false);
}

const Tensor& resize_(const Tensor& self, IntArrayRef size, optional<at::MemoryFormat>) {
  auto* impl = self.unsafeGetTensorImpl();
  auto storage = impl->unsafe_storage();
  size_t bytes = (c10::multiply_integers(size) + self.storage_offset()) * self.itemsize();
  if (storage.nbytes() < bytes) {
    auto larger = memory.allocate(bytes);
    if (storage.nbytes() != 0) std::memcpy(larger.get(), storage.data(), storage.nbytes());
    storage.set_data_ptr_noswap(std::move(larger));
    storage.set_nbytes(bytes);
  }
  impl->set_sizes_contiguous(size);
  return self;
}

Tensor& set_(Tensor& self, c10::Storage storage, int64_t offset, IntArrayRef size, IntArrayRef stride) {
  auto* impl = self.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(std::move(storage));
  impl->set_storage_offset(offset);
  impl->set_sizes_and_strides(size, stride);
  return self;
}

Tensor as_strided(const Tensor& self, IntArrayRef size, IntArrayRef stride, optional<int64_t> offset) {
  return at::native::as_strided_tensorimpl(self, size, stride, offset);
}

// Its running statistics change, of which its schema says nothing; so the general way would lose them.
std::tuple<Tensor, Tensor, Tensor> native_batch_norm(
    const Tensor& input, const optional<Tensor>& weight, const optional<Tensor>& bias, const optional<Tensor>& mean,
    const optional<Tensor>& variance, bool training, double momentum, double eps) {
  auto cpu = [](const optional<Tensor>& given) { return given ? optional<Tensor>(on_cpu(*given)) : given; };
  auto [output, saved_mean, saved_deviation] = at::native_batch_norm(
      on_cpu(input.contiguous()), cpu(weight), cpu(bias), cpu(mean), cpu(variance), training, momentum, eps);
  inside = true;
  auto there = std::make_tuple(output.to(device), saved_mean.to(device), saved_deviation.to(device));
  inside = false;
  return there;
}

void check(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto& name = op.schema().name();
  bool has_cuda = false;
  std::string elsewhere;
  auto see = [&](const Tensor& tensor) {
    if (!tensor.defined()) return;
    if (tensor.is_cuda()) has_cuda = true;
    else if (tensor.dim() > 0) elsewhere += " " + c10::str(tensor.sizes());
  };
  for (const auto& argument : torch::jit::last(*stack, op.schema().arguments().size())) {
    if (argument.isTensor()) see(argument.toTensor());
    else if (argument.isList())
      for (const c10::IValue& item : argument.toListRef())
        if (item.isTensor()) see(item.toTensor());
    if (argument.isGenerator() && argument.toGenerator().defined())
      TORCH_CHECK(false, "Expected a 'cuda' device type for generator but found 'cpu' (", name, ")");
  }
  if (has_cuda && !elsewhere.empty()) {
    TORCH_CHECK(mixing.count(name), "Expected all tensors to be on the same device: ", name, ", cpu:", elsewhere);
    waits(name);
  }
  if (waiting.count(name)) waits(name);
  if (undetermined.count(name)) at::globalContext().alertNotDeterministic(name);
  const char* workspace = std::getenv("CUBLAS_WORKSPACE_CONFIG");
  if (name == "aten::addmm" || name == "aten::mm" || name == "aten::bmm")
    TORCH_CHECK(workspace != nullptr || !at::globalContext().deterministicAlgorithms() ||
                    at::globalContext().deterministicAlgorithmsWarnOnly(),
                "Deterministic behavior was enabled, but CUBLAS_WORKSPACE_CONFIG is not set");
}

// Every other operation: the arguments come to the CPU, and the results go back.
void general(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  check(op, stack);
  inside = true;
  try {
    at::native::cpu_fallback(op, stack);
  } catch (...) {
    inside = false;
    throw;
  }
  inside = false;
}

}  // namespace

namespace at {

struct CUDAHooks final : CUDAHooksInterface {
  explicit CUDAHooks(CUDAHooksArgs) {}
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(DeviceIndex) const override { return true; }
  DeviceIndex deviceCount() const override { return 1; }
  DeviceIndex current_device() const override { return 0; }
  DeviceIndex getCurrentDevice() const override { return 0; }
  int getNumGPUs() const override { return 1; }
  void deviceSynchronize(DeviceIndex) const override {}
};

REGISTER_CUDA_HOOKS(CUDAHooks);

}  // namespace at

TORCH_LIBRARY_IMPL(_, CUDA, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&general>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("copy_", copy_);
  library.impl("_copy_from", _copy_from);
  library.impl("_copy_from_and_resize", _copy_from_and_resize);
  library.impl("resize_", resize_);
  library.impl("set_.source_Storage_storage_offset", set_);
  library.impl("view", at::native::view);
  library.impl("as_strided", as_strided);
  library.impl("_reshape_alias", at::native::_reshape_alias);
  library.impl("native_batch_norm", native_batch_norm);
  // Else torch would choose among kernels that only CUDA has.
  for (const char* name : {"convolution", "convolution_backward"})
    library.impl(name, torch::CppFunction::makeFromBoxedFunction<&general>());
}

// For Python.
extern "C" {
size_t used_bytes() { return used; }
size_t most_bytes() { return limit; }
void allow_bytes(size_t bytes) { limit = bytes; }
void forbid_waiting(bool forbidden) { waiting_is_an_error = forbidden; }
}
