using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nvml;

/// <summary>
/// The functions of NVML that Bridge uses, each looked up on its own: drivers 535, 550 and 580 differ in what they
/// have.
/// Always the versioned export: the header maps nvmlInit to nvmlInit_v2, the plain name is an older interface.
/// </summary>
internal sealed class NvmlExports(NativeModule module)
{
    public NativeSymbol Init { get; } = module.Find("nvmlInit_v2");
    public NativeSymbol Shutdown { get; } = module.Find("nvmlShutdown");
    public NativeSymbol DriverVersion { get; } = module.Find("nvmlSystemGetDriverVersion");
    public NativeSymbol NvmlVersion { get; } = module.Find("nvmlSystemGetNVMLVersion");
    public NativeSymbol CudaDriverVersion { get; } = module.Find("nvmlSystemGetCudaDriverVersion_v2");
    public NativeSymbol Count { get; } = module.Find("nvmlDeviceGetCount_v2");
    public NativeSymbol HandleByIndex { get; } = module.Find("nvmlDeviceGetHandleByIndex_v2");
    public NativeSymbol Name { get; } = module.Find("nvmlDeviceGetName");
    public NativeSymbol Uuid { get; } = module.Find("nvmlDeviceGetUUID");
    public NativeSymbol Serial { get; } = module.Find("nvmlDeviceGetSerial");
    public NativeSymbol MinorNumber { get; } = module.Find("nvmlDeviceGetMinorNumber");
    public NativeSymbol PciInfo { get; } = module.Find("nvmlDeviceGetPciInfo_v3");
    public NativeSymbol NumaNode { get; } = module.Find("nvmlDeviceGetNumaNodeId");
    public NativeSymbol MemoryInfo { get; } = module.Find("nvmlDeviceGetMemoryInfo_v2");
    public NativeSymbol EccMode { get; } = module.Find("nvmlDeviceGetEccMode");
    public NativeSymbol TotalEccErrors { get; } = module.Find("nvmlDeviceGetTotalEccErrors");
    public NativeSymbol MemoryErrorCounter { get; } = module.Find("nvmlDeviceGetMemoryErrorCounter");
    public NativeSymbol SramEccErrorStatus { get; } = module.Find("nvmlDeviceGetSramEccErrorStatus");
    public NativeSymbol RetiredPages { get; } = module.Find("nvmlDeviceGetRetiredPages_v2");
    public NativeSymbol RetiredPagesPending { get; } = module.Find("nvmlDeviceGetRetiredPagesPendingStatus");
    public NativeSymbol RemappedRows { get; } = module.Find("nvmlDeviceGetRemappedRows");
    public NativeSymbol RowRemapperHistogram { get; } = module.Find("nvmlDeviceGetRowRemapperHistogram");
    public NativeSymbol RepairStatus { get; } = module.Find("nvmlDeviceGetRepairStatus");
    public NativeSymbol Temperature { get; } = module.Find("nvmlDeviceGetTemperature");
    public NativeSymbol TemperatureV { get; } = module.Find("nvmlDeviceGetTemperatureV");
    public NativeSymbol TemperatureThreshold { get; } = module.Find("nvmlDeviceGetTemperatureThreshold");
    public NativeSymbol MarginTemperature { get; } = module.Find("nvmlDeviceGetMarginTemperature");
    public NativeSymbol PowerUsage { get; } = module.Find("nvmlDeviceGetPowerUsage");
    public NativeSymbol EnforcedPowerLimit { get; } = module.Find("nvmlDeviceGetEnforcedPowerLimit");
    public NativeSymbol TotalEnergy { get; } = module.Find("nvmlDeviceGetTotalEnergyConsumption");
    public NativeSymbol PersistenceMode { get; } = module.Find("nvmlDeviceGetPersistenceMode");
    public NativeSymbol ClocksEventReasons { get; } = module.Find("nvmlDeviceGetCurrentClocksEventReasons");
    public NativeSymbol ClocksThrottleReasons { get; } = module.Find("nvmlDeviceGetCurrentClocksThrottleReasons");
    public NativeSymbol ClockInfo { get; } = module.Find("nvmlDeviceGetClockInfo");
    public NativeSymbol Utilization { get; } = module.Find("nvmlDeviceGetUtilizationRates");
    public NativeSymbol PcieGeneration { get; } = module.Find("nvmlDeviceGetCurrPcieLinkGeneration");
    public NativeSymbol PcieWidth { get; } = module.Find("nvmlDeviceGetCurrPcieLinkWidth");
    public NativeSymbol PcieMaxGeneration { get; } = module.Find("nvmlDeviceGetMaxPcieLinkGeneration");
    public NativeSymbol PcieMaxWidth { get; } = module.Find("nvmlDeviceGetMaxPcieLinkWidth");
    public NativeSymbol PcieReplays { get; } = module.Find("nvmlDeviceGetPcieReplayCounter");
    public NativeSymbol NvLinkState { get; } = module.Find("nvmlDeviceGetNvLinkState");
    public NativeSymbol NvLinkErrors { get; } = module.Find("nvmlDeviceGetNvLinkErrorCounter");
    public NativeSymbol NvLinkRemotePci { get; } = module.Find("nvmlDeviceGetNvLinkRemotePciInfo_v2");
    public NativeSymbol FabricInfo { get; } = module.Find("nvmlDeviceGetGpuFabricInfo");
    public NativeSymbol FabricInfoV { get; } = module.Find("nvmlDeviceGetGpuFabricInfoV");
    public NativeSymbol PlatformInfo { get; } = module.Find("nvmlDeviceGetPlatformInfo");
    public NativeSymbol FieldValues { get; } = module.Find("nvmlDeviceGetFieldValues");
    public NativeSymbol ComputeProcesses { get; } = module.Find("nvmlDeviceGetComputeRunningProcesses_v3");
    public NativeSymbol MigMode { get; } = module.Find("nvmlDeviceGetMigMode");
    public NativeSymbol MaxMigDevices { get; } = module.Find("nvmlDeviceGetMaxMigDeviceCount");
    public NativeSymbol MigDevice { get; } = module.Find("nvmlDeviceGetMigDeviceHandleByIndex");
    public NativeSymbol GpuInstanceId { get; } = module.Find("nvmlDeviceGetGpuInstanceId");
    public NativeSymbol ComputeInstanceId { get; } = module.Find("nvmlDeviceGetComputeInstanceId");
    public NativeSymbol EventSetCreate { get; } = module.Find("nvmlEventSetCreate");
    public NativeSymbol EventSetFree { get; } = module.Find("nvmlEventSetFree");
    public NativeSymbol EventSetWait { get; } = module.Find("nvmlEventSetWait_v2");
    public NativeSymbol SupportedEvents { get; } = module.Find("nvmlDeviceGetSupportedEventTypes");
    public NativeSymbol RegisterEvents { get; } = module.Find("nvmlDeviceRegisterEvents");
}
