"""The ConvNeXt V2 encoder of MP-MAE, with global response normalisation (GRN) that can be frozen and folded.

Woo et al. 2023, arXiv:2301.00808 (ConvNeXt V2); Nedungadi et al. 2024, arXiv:2405.02771 (MP-MAE, the 3×3 stem). Written
from the papers; parameter names are those of the published dense checkpoints. Convolutions see (N, C, H, W), everything
between them works on pixels, channels last. Knows nothing of bands, files or losses.
"""

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmearth.models.gradients import ResponseNorm

# Depths and widths: arXiv:2301.00808, §4 and appendix A.
SIZES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "atto": ((2, 2, 6, 2), (40, 80, 160, 320)),
    "femto": ((2, 2, 6, 2), (48, 96, 192, 384)),
    "pico": ((2, 2, 6, 2), (64, 128, 256, 512)),
    "nano": ((2, 2, 8, 2), (80, 160, 320, 640)),
    "tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "base": ((3, 3, 27, 3), (128, 256, 512, 1024)),
    "large": ((3, 3, 27, 3), (192, 384, 768, 1536)),
    "huge": ((3, 3, 27, 3), (352, 704, 1408, 2816)),
}
NORM_EPS = 1e-6  # arXiv:2301.00808, code listing 1
KERNEL_PX = 7
# Pixels whose 4C-wide hidden layer exists at once during inference: fits the cache of one core, or fills a GPU.
# Measured, atto, one AVX-512-BF16 core: 2048 → .19 (fp32) and .52 (bf16) Mpx/s; 32768 → .14 and .36; no chunks → .11.
CPU_CHUNK_PIXELS, GPU_CHUNK_PIXELS = 2048, 1 << 20


class GlobalResponseNorm(nn.Module):
    """x + γ·(x·Nx) + β with Nx = G / mean over channels of G, G the L2 norm of a channel over a sample's pixels.

    Attributes:
        statistics: (channels,) a frozen Nx, which makes the layer an affine map; None computes it.
        over_batch: Whether G is taken over the pixels of the whole batch, as the authors' sparse code does; samples of
            a batch then depend on each other.
        eps: Added to the mean; the authors' dense code has 1e-4, their sparse code and Woo et al. 1e-6.
    """

    statistics: Tensor | None

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.over_batch = False
        self.eps = NORM_EPS
        self.gamma = nn.Parameter(torch.zeros(1, 1, 1, channels))
        self.beta = nn.Parameter(torch.zeros(1, 1, 1, channels))
        self.register_buffer("statistics", None, persistent=False)

    def measure(self, x: Tensor) -> Tensor:
        """Returns the Nx of each sample, (N, channels), or of the batch, (1, channels), for units (N, …, channels)."""
        pixels = x.flatten(0, -2)[None] if self.over_batch else x.flatten(1, -2)
        norm = pixels.square().sum(dim=1).sqrt()
        return norm / (norm.mean(dim=-1, keepdim=True) + self.eps)

    def forward(self, x: Tensor) -> Tensor:
        """Takes and returns hidden units (N, …, channels)."""
        gamma, beta = self.gamma.flatten(), self.beta.flatten()
        if self.statistics is not None:
            return x * (1 + gamma * self.statistics) + beta
        sets = x.reshape(1 if self.over_batch else len(x), -1, x.shape[-1])
        found: Tensor = ResponseNorm.apply(sets, gamma, beta, self.eps)  # type: ignore[no-untyped-call]
        return found.view(x.shape)


class Block(nn.Module):
    """Depthwise 7×7 convolution, then a pixel-wise network with GRN, added to the input.

    Args:
        channels: Width C; the hidden layer is 4C wide.

    Attributes:
        drop_path_rate: Share of samples that skip the block in training (Huang et al. 2016, arXiv:1603.09382).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.drop_path_rate = 0.0
        self.dwconv = nn.Conv2d(channels, channels, KERNEL_PX, padding=KERNEL_PX // 2, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=NORM_EPS)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.grn: nn.Module = GlobalResponseNorm(4 * channels)
        self.pwconv2 = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Takes and returns (N, C, H, W)."""
        mixed = self.convolve(x)
        per_image = isinstance(self.grn, GlobalResponseNorm) and self.grn.statistics is None
        if per_image or self.training:
            change = self.mlp(mixed.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            return x + self._drop_path(change)
        return map_pixels(mixed, self.mlp, x)

    def convolve(self, x: Tensor) -> Tensor:
        """Applies the convolution; on a CPU in float32, where depthwise kernels in bfloat16 are slower in training."""
        if x.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
            return self.dwconv(x)  # type: ignore[no-any-return]
        with torch.autocast("cpu", enabled=False):
            return self.dwconv(x.to(self.dwconv.weight.dtype))  # type: ignore[no-any-return]

    def mlp(self, pixels: Tensor, weight: Tensor | None = None) -> Tensor:
        """Applies all but the convolution and the residual.

        Args:
            pixels: (…, C).
            weight: (…, 1), 0 at pixels that must have no part in GRN and no output; None means all count.
        """
        hidden = functional.gelu(self.pwconv1(normalise(self.norm, pixels)))
        hidden = hidden if weight is None else hidden * weight
        change: Tensor = self.pwconv2(self.grn(hidden))
        return change if weight is None else change * weight

    def _drop_path(self, change: Tensor) -> Tensor:
        if not self.training or self.drop_path_rate == 0:
            return change
        kept = torch.empty(len(change), 1, 1, 1, device=change.device).bernoulli_(1 - self.drop_path_rate)
        return change * (kept / (1 - self.drop_path_rate)).to(change.dtype)


def normalise(norm: nn.LayerNorm, pixels: Tensor) -> Tensor:
    """Applies a layer normalisation to (…, C); of bfloat16 on a CPU through float32.

    Measured, one AVX-512-BF16 core, ns per pixel in bfloat16 and through float32: 81 and 36 with 40 channels, 60 and 52
    with 80, 85 and 93 with 160.
    """
    if pixels.dtype != torch.bfloat16 or pixels.device.type != "cpu" or torch.is_grad_enabled():
        return functional.layer_norm(pixels, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    weight, bias = norm.weight.float(), norm.bias.float()
    return functional.layer_norm(pixels.float(), norm.normalized_shape, weight, bias, norm.eps).to(pixels.dtype)


class PixelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=NORM_EPS)

    def forward(self, x: Tensor) -> Tensor:
        """Takes and returns (N, C, H, W)."""
        return map_pixels(x, super().forward)


def map_pixels(x: Tensor, function: Callable[[Tensor], Tensor], residual: Tensor | None = None) -> Tensor:
    """Applies a function of single pixels, (K, C) → (K, C), and adds the residual.

    Without gradients it runs in chunks and overwrites `x`, so that no wide intermediate of a whole window exists.

    Args:
        x: (N, C, H, W); not to be used afterwards.
        function: What to apply.
        residual: Like `x`.
    """
    pixels = x.permute(0, 2, 3, 1)
    added = None if residual is None else residual.permute(0, 2, 3, 1)
    if torch.is_grad_enabled():
        result = function(pixels)
        return (result if added is None else result + added).permute(0, 3, 1, 2)
    pixels = pixels.contiguous()
    chunk = CPU_CHUNK_PIXELS if x.device.type == "cpu" else GPU_CHUNK_PIXELS
    lines = max(1, chunk // pixels.shape[2])
    for number, image in enumerate(pixels):
        for start in range(0, len(image), lines):
            end = min(start + lines, len(image))
            part = image[start:end]
            result = function(part.flatten(0, 1)).view(part.shape)
            if added is None:
                part.copy_(result)
            else:
                torch.add(result, added[number, start:end], out=part)
    return pixels.permute(0, 3, 1, 2)


class Encoder(nn.Module):
    """Four stages of blocks at strides patch/8 · (1, 2, 4, 8), behind a 3×3 convolution.

    Args:
        in_chans: Input bands.
        depths: Blocks per stage.
        dims: Channels per stage.
        patch_size: Total stride in pixels: 8, 16 or 32.
        official_padding: Pad the first two convolutions as the authors' dense classifier does. Otherwise output cell
            (i, j) covers pixels [patch·i, patch·(i+1)), as in their sparse pretraining and their U-Net.
    """

    def __init__(
        self,
        in_chans: int,
        depths: tuple[int, ...] | list[int],
        dims: tuple[int, ...] | list[int],
        patch_size: int = 8,
        official_padding: bool = False,
    ) -> None:
        super().__init__()
        self.patch_size = patch_size
        stride = patch_size // 8
        first, second = (0, stride // 2) if official_padding else (1, 0)
        self.initial_conv = nn.Sequential(nn.Conv2d(in_chans, dims[0], 3, padding=first), PixelNorm(dims[0]), nn.GELU())
        self.stem = nn.Sequential(
            nn.Conv2d(dims[0], dims[0], stride, stride=stride, padding=second, groups=dims[0]), PixelNorm(dims[0])
        )
        self.downsample_layers = nn.ModuleList(
            nn.Sequential(PixelNorm(narrow), nn.Conv2d(narrow, wide, 2, stride=2))
            for narrow, wide in zip(dims[:-1], dims[1:], strict=True)
        )
        self.stages = nn.ModuleList(
            nn.ModuleList(Block(width) for _ in range(depth)) for depth, width in zip(depths, dims, strict=True)
        )

    def forward(self, images: Tensor, last_stage: int = 3) -> list[Tensor]:
        """Encodes images.

        Args:
            images: (N, C, H, W); rows and columns beyond a multiple of the patch size are left out of the last stage.
            last_stage: Deepest stage to compute.

        Returns:
            Features of the stages 0…last_stage, each (N, dims[s], rows, cols).
        """
        return self.run_stages(self.stem(self.initial_conv(images)), last_stage)

    def run_stages(self, x: Tensor, last_stage: int = 3) -> list[Tensor]:
        """Returns the features of the stages 0…last_stage for the stem's output (N, dims[0], rows, cols)."""
        features: list[Tensor] = []
        for number, blocks in enumerate(self.stages):
            if number > 0:
                # The first layer normalises in place when no gradients are wanted; the stage's features stay.
                x = x if torch.is_grad_enabled() else x.clone()
                x = self.downsample_layers[number - 1](x)
            for block in blocks:  # type: ignore[attr-defined]
                x = block(x)
            features.append(x)
            if number == last_stage:
                break
        return features

    def blocks(self) -> list[Block]:
        """Returns every block, in order of computation."""
        return [module for module in self.modules() if isinstance(module, Block)]

    @torch.no_grad()
    def collect_grn(self, batches: Iterable[Tensor]) -> list[Tensor]:
        """Returns the mean Nx of every block over the images of all batches, for `freeze_grn`."""
        layers = [block.grn for block in self.blocks() if isinstance(block.grn, GlobalResponseNorm)]
        sums = [torch.zeros_like(layer.gamma.flatten()) for layer in layers]
        count = 0

        def add(position: int) -> Callable[[GlobalResponseNorm, tuple[Tensor]], None]:
            def hook(layer: GlobalResponseNorm, inputs: tuple[Tensor]) -> None:
                sums[position] += layer.measure(inputs[0]).sum(dim=0)

            return hook

        handles = [layer.register_forward_pre_hook(add(i)) for i, layer in enumerate(layers)]
        for images in batches:
            self(images)
            count += len(images)
        for handle in handles:
            handle.remove()
        return [total / count for total in sums]

    def freeze_grn(self, statistics: list[Tensor]) -> None:
        """Makes every GRN an affine map: features no longer depend on what else is in the window.

        Args:
            statistics: Nx of every block, (4C,) each, in the order of `blocks`.
        """
        for block, response in zip(self.blocks(), statistics, strict=True):
            block.grn.statistics = response.to(block.pwconv2.weight)

    @torch.no_grad()
    def fold_grn(self) -> None:
        """Moves frozen GRN into the linear layer behind it, W·diag(1 + γ·Nx) and b + W·β; for inference only."""
        for block in self.blocks():
            grn = block.grn
            if not isinstance(grn, GlobalResponseNorm) or grn.statistics is None:
                raise ValueError("fold_grn needs GRN that was frozen and not yet folded")
            linear = block.pwconv2
            linear.bias.add_(linear.weight @ grn.beta.flatten())
            linear.weight.mul_(1 + grn.gamma.flatten() * grn.statistics)
            block.grn = nn.Identity()


def receptive_halo_px(depths: tuple[int, ...] | list[int], patch_size: int, last_stage: int) -> int:
    """Returns how far from a cell its features can see, in pixels, rounded up to a multiple of the patch size.

    A window with this halo has, inside, exactly the features of the whole image (with frozen GRN).
    """
    stride = patch_size // 8
    halo = 1  # the 3×3 convolution
    for stage in range(last_stage + 1):
        halo += depths[stage] * (KERNEL_PX // 2) * stride * 2**stage
    return math.ceil(halo / patch_size) * patch_size


def best_dtype(device: torch.device) -> torch.dtype:
    """Returns the faster precision of a device: bfloat16 where its processor multiplies it in hardware, else float32.

    On AVX-512-BF16 bfloat16 is 2.7 times as fast as float32 and moves features by 0.4 to 1.1 % of their norm.
    """
    fast = False
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):  # since torch 2.11
        capabilities = torch.cpu.get_capabilities()
        fast = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.bfloat16 if fast else torch.float32
