namespace Bridge.Kube.Client;

/// <summary>
/// A kubeconfig or the in-cluster credentials cannot be used. The message names the file, the field and what would be
/// right.
/// </summary>
public sealed class KubeConfigException : Exception
{
    public KubeConfigException()
    {
    }

    public KubeConfigException(string message)
        : base(message)
    {
    }

    public KubeConfigException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
