using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bridge.Gpu.Nccl;
using Bridge.Gpu.Nvml;

namespace Bridge.Adapter.Tests.Gpu;

/// <summary>Sizes and offsets as the C compiler makes them from nvml.h (API 13) and nccl.h (2.18) on x86-64.</summary>
public sealed class NativeLayoutTests
{
    [Fact]
    public void Structures_have_the_sizes_of_the_headers()
    {
        Assert.Equal(68, Unsafe.SizeOf<NvmlPciInfo>());
        Assert.Equal(40, Unsafe.SizeOf<NvmlFieldValue>());
        Assert.Equal(32, Unsafe.SizeOf<NvmlEventData>());
        Assert.Equal(28, Unsafe.SizeOf<NvmlFabricInfoV1>());
        Assert.Equal(36, Unsafe.SizeOf<NvmlFabricInfoV2>());
        Assert.Equal(40, Unsafe.SizeOf<NvmlFabricInfoV3>());
        Assert.Equal(40, Unsafe.SizeOf<NvmlMemoryV2>());
        Assert.Equal(104, Unsafe.SizeOf<NvmlSramEccStatus>());
        Assert.Equal(20, Unsafe.SizeOf<NvmlRowRemapperHistogram>());
        Assert.Equal(8, Unsafe.SizeOf<NvmlUtilization>());
        Assert.Equal(24, Unsafe.SizeOf<NvmlProcessInfo>());
        Assert.Equal(12, Unsafe.SizeOf<NvmlTemperatureV1>());
        Assert.Equal(8, Unsafe.SizeOf<NvmlMarginTemperatureV1>());
        Assert.Equal(12, Unsafe.SizeOf<NvmlRepairStatusV1>());
        Assert.Equal(44, Unsafe.SizeOf<NvmlPlatformInfo>());
        Assert.Equal(128, Unsafe.SizeOf<NcclUniqueId>());
        Assert.Equal(48, Unsafe.SizeOf<NcclConfig>());
    }

    [Fact]
    public void Version_words_are_the_size_and_the_version()
    {
        Assert.Equal(NvmlFabricInfoV2.Word, Word<NvmlFabricInfoV2>(2));
        Assert.Equal(NvmlFabricInfoV3.Word, Word<NvmlFabricInfoV3>(3));
        Assert.Equal(NvmlMemoryV2.Word, Word<NvmlMemoryV2>(2));
        Assert.Equal(NvmlSramEccStatus.Word, Word<NvmlSramEccStatus>(1));
        Assert.Equal(NvmlTemperatureV1.Word, Word<NvmlTemperatureV1>(1));
        Assert.Equal(NvmlMarginTemperatureV1.Word, Word<NvmlMarginTemperatureV1>(1));
        Assert.Equal(NvmlRepairStatusV1.Word, Word<NvmlRepairStatusV1>(1));
        Assert.Equal(NvmlPlatformInfo.Word1, Word<NvmlPlatformInfo>(1));
        Assert.Equal(NvmlPlatformInfo.Word2, Word<NvmlPlatformInfo>(2));
    }

    [Theory]
    [InlineData(typeof(NvmlPciInfo), nameof(NvmlPciInfo.Domain), 16)]
    [InlineData(typeof(NvmlPciInfo), nameof(NvmlPciInfo.PciDeviceId), 28)]
    [InlineData(typeof(NvmlPciInfo), nameof(NvmlPciInfo.BusId), 36)]
    [InlineData(typeof(NvmlFieldValue), nameof(NvmlFieldValue.ScopeId), 4)]
    [InlineData(typeof(NvmlFieldValue), nameof(NvmlFieldValue.Timestamp), 8)]
    [InlineData(typeof(NvmlFieldValue), nameof(NvmlFieldValue.ValueType), 24)]
    [InlineData(typeof(NvmlFieldValue), nameof(NvmlFieldValue.Return), 28)]
    [InlineData(typeof(NvmlFieldValue), nameof(NvmlFieldValue.Value), 32)]
    [InlineData(typeof(NvmlEventData), nameof(NvmlEventData.EventType), 8)]
    [InlineData(typeof(NvmlEventData), nameof(NvmlEventData.EventData), 16)]
    [InlineData(typeof(NvmlEventData), nameof(NvmlEventData.GpuInstanceId), 24)]
    [InlineData(typeof(NvmlFabricInfoV3), nameof(NvmlFabricInfoV3.ClusterUuid), 4)]
    [InlineData(typeof(NvmlFabricInfoV3), nameof(NvmlFabricInfoV3.Status), 20)]
    [InlineData(typeof(NvmlFabricInfoV3), nameof(NvmlFabricInfoV3.State), 28)]
    [InlineData(typeof(NvmlFabricInfoV3), nameof(NvmlFabricInfoV3.HealthMask), 32)]
    [InlineData(typeof(NvmlFabricInfoV3), nameof(NvmlFabricInfoV3.HealthSummary), 36)]
    [InlineData(typeof(NvmlMemoryV2), nameof(NvmlMemoryV2.Total), 8)]
    [InlineData(typeof(NvmlMemoryV2), nameof(NvmlMemoryV2.Used), 32)]
    [InlineData(typeof(NvmlSramEccStatus), nameof(NvmlSramEccStatus.VolatileUncorrectedParity), 32)]
    [InlineData(typeof(NvmlSramEccStatus), nameof(NvmlSramEccStatus.ThresholdExceeded), 96)]
    [InlineData(typeof(NvmlPlatformInfo), nameof(NvmlPlatformInfo.IbGuid), 4)]
    [InlineData(typeof(NvmlPlatformInfo), nameof(NvmlPlatformInfo.Chassis), 20)]
    [InlineData(typeof(NvmlPlatformInfo), nameof(NvmlPlatformInfo.Slot), 36)]
    [InlineData(typeof(NvmlPlatformInfo), nameof(NvmlPlatformInfo.PeerType), 39)]
    [InlineData(typeof(NvmlPlatformInfo), nameof(NvmlPlatformInfo.Module), 40)]
    [InlineData(typeof(NcclConfig), nameof(NcclConfig.Magic), 8)]
    [InlineData(typeof(NcclConfig), nameof(NcclConfig.Blocking), 16)]
    [InlineData(typeof(NcclConfig), nameof(NcclConfig.NetName), 32)]
    [InlineData(typeof(NcclConfig), nameof(NcclConfig.SplitShare), 40)]
    public void Members_lie_where_the_header_has_them(Type structure, string member, int offset) =>
        Assert.Equal(offset, Marshal.OffsetOf(structure, member).ToInt32());

    private static uint Word<T>(uint version) => (uint)Unsafe.SizeOf<T>() | version << 24;
}
