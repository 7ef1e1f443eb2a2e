using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Bridge.Adapter.Tests")]
[assembly: InternalsVisibleTo("Bridge.Bench")]
