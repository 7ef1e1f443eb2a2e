using Bridge.Kube.Models;

namespace Bridge.Lab.Nodes;

/// <summary>
/// A pod's folder: secrets/ (the files of its Secret volumes), gpus (the device files it may open, one a line), log,
/// log.previous.
/// </summary>
internal sealed class PodFiles
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public PodFiles(string labDirectory, ObjectKey pod) =>
        Folder = Path.Combine(labDirectory, "pods", $"{pod.Namespace}_{pod.Name}");

    public string Folder { get; }

    public string Log => Path.Combine(Folder, "log");

    /// <summary>Makes the folder ready for a new pod of the name: the log of the one before is kept beside.</summary>
    public void Begin(string uid)
    {
        Directory.CreateDirectory(Folder);
        var owner = Path.Combine(Folder, "uid");
        if (!File.Exists(owner) || File.ReadAllText(owner) != uid)
        {
            if (File.Exists(Log))
                File.Move(Log, Log + ".previous", overwrite: true);
            File.WriteAllText(owner, uid);
        }
    }

    public void WriteSecrets(IEnumerable<(string Path, byte[] Content)> files)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("the lab's pods are Linux namespaces");
        var folder = Path.Combine(Folder, "secrets");
        Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        foreach (var (path, content) in files)
        {
            var target = Path.GetFullPath(Path.Combine(folder, path));
            if (!target.StartsWith(folder + "/", StringComparison.Ordinal))
                throw new InvalidOperationException($"the path '{path}' of a Secret volume leads out of it");
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var file = new FileStream(target, new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private,
            });
            file.Write(content);
        }
    }

    public void WriteGpus(IEnumerable<string> deviceFiles) =>
        File.WriteAllLines(Path.Combine(Folder, "gpus"), deviceFiles);

    /// <summary>Nothing secret outlives its pod; the log stays.</summary>
    public void End()
    {
        var secrets = Path.Combine(Folder, "secrets");
        if (Directory.Exists(secrets))
            Directory.Delete(secrets, true);
    }
}
