#!/bin/bash
# A scratch root for hooks: this machine's /usr below an overlay, and an /etc and
# /var of its own, all on a tmpfs in a private mount namespace. The script on
# stdin runs in it; nothing outlives the namespace, nothing of the machine
# changes. Start it with: unshare --mount --pid --fork --kill-child.
# Arguments: the empty directory to use, the directory of the elements.
set -eu
set -o pipefail

root=$1 elements=$2

mount -t tmpfs -o mode=755 scratch "$root"
mkdir -p "$root"/{usr,etc,var,tmp,run,proc,dev,root,home,opt,boot,lib/modules,.overlay/upper,.overlay/work,elements}
rmdir "$root/lib/modules" "$root/lib"
mount -t overlay overlay -o "lowerdir=/usr,upperdir=$root/.overlay/upper,workdir=$root/.overlay/work" "$root/usr"
for link in bin sbin lib lib32 lib64 libx32; do
    if [ -d "/usr/$link" ]; then
        ln -s "usr/$link" "$root/$link"
    fi
done
mount -t proc proc "$root/proc"
mount --bind "$elements" "$root/elements"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 444 "$root/dev/urandom" c 1 9
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
chmod 1777 "$root/tmp"

# The least that account tools, dpkg and apt need.
printf 'root:x:0:0:root:/root:/bin/bash\n' > "$root/etc/passwd"
printf 'root:*:19000:0:99999:7:::\n' > "$root/etc/shadow"
printf 'root:x:0:\nshadow:x:42:\ndocker:x:900:\n' > "$root/etc/group"
printf 'passwd: files\ngroup: files\nshadow: files\n' > "$root/etc/nsswitch.conf"
cp -a /etc/login.defs /etc/pam.d /etc/ld.so.cache /etc/alternatives "$root/etc/"
mkdir -p "$root/etc/systemd/system" "$root"/var/{tmp,log,cache,lib} "$root"/var/lib/dpkg/{info,updates,triggers} \
    "$root"/etc/dpkg/dpkg.cfg.d "$root"/etc/apt/apt.conf.d "$root"/var/lib/apt/lists/partial \
    "$root"/var/cache/apt/archives/partial
: > "$root/var/lib/dpkg/status"

# No systemd runs here: what would be enabled is written down.
cat > "$root/usr/local/sbin/systemctl" <<'EOF'
#!/bin/sh
echo "$@" >> /systemctl.log
[ "$1" != cat ]
EOF
chmod 0755 "$root/usr/local/sbin/systemctl"
: > "$root/systemctl.log"

chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LC_ALL=C ARCH=amd64 GUEST_USERNAME=guest /bin/bash -eu -o pipefail -c "$(cat)"
