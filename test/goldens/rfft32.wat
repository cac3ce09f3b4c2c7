(module
  (memory (export "memory") 1 1)
  (func $run (export "run") (param i32 i32)
    (local i32 i32 v128 i32 i32 i32 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 i32 i32 i32 i32 i32 i32 i32 i32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32)
    local.get 0
    i32.const 0
    i32.add
    local.set 2
    i32.const 0
    local.set 3
    v128.const i8x16 243 4 53 63 243 4 53 63 243 4 53 63 243 4 53 63
    local.set 4
    local.get 2
    local.set 6
    local.get 3
    local.set 7
    i32.const 0
    local.set 5
    local.get 6
    v128.load offset=160
    local.set 8
    local.get 6
    v128.load offset=224
    local.set 9
    local.get 8
    local.get 9
    f32x4.add
    local.set 10
    local.get 8
    local.get 9
    f32x4.sub
    local.set 11
    local.get 6
    v128.load offset=192
    local.set 12
    local.get 6
    v128.load offset=256
    local.set 13
    local.get 12
    local.get 13
    f32x4.add
    local.set 14
    local.get 12
    local.get 13
    f32x4.sub
    local.set 15
    local.get 10
    local.get 14
    f32x4.add
    local.set 16
    local.get 10
    local.get 14
    f32x4.sub
    local.set 17
    local.get 7
    local.get 17
    v128.store offset=496
    local.get 6
    v128.load offset=208
    local.set 18
    local.get 6
    v128.load offset=272
    local.set 19
    local.get 18
    local.get 19
    f32x4.add
    local.set 20
    local.get 19
    local.get 18
    f32x4.sub
    local.set 21
    local.get 6
    v128.load offset=176
    local.set 22
    local.get 6
    v128.load offset=240
    local.set 23
    local.get 22
    local.get 23
    f32x4.add
    local.set 24
    local.get 22
    local.get 23
    f32x4.sub
    local.set 25
    local.get 21
    local.get 25
    f32x4.add
    local.set 26
    local.get 21
    local.get 25
    f32x4.sub
    local.set 27
    local.get 24
    local.get 20
    f32x4.add
    local.set 28
    local.get 20
    local.get 24
    f32x4.sub
    local.set 29
    local.get 7
    local.get 29
    v128.store offset=624
    local.get 28
    local.get 16
    f32x4.add
    local.set 30
    local.get 7
    local.get 30
    v128.store offset=464
    local.get 16
    local.get 28
    f32x4.sub
    local.set 31
    local.get 7
    local.get 31
    v128.store offset=528
    local.get 4
    local.get 26
    f32x4.mul
    local.set 32
    local.get 11
    local.get 32
    f32x4.add
    local.set 33
    local.get 7
    local.get 33
    v128.store offset=480
    local.get 11
    local.get 32
    f32x4.sub
    local.set 34
    local.get 7
    local.get 34
    v128.store offset=512
    local.get 27
    local.get 4
    f32x4.mul
    local.set 35
    local.get 35
    local.get 15
    f32x4.sub
    local.set 36
    local.get 7
    local.get 36
    v128.store offset=608
    local.get 15
    local.get 35
    f32x4.add
    local.set 37
    local.get 7
    local.get 37
    v128.store offset=640
    i32.const 0
    local.set 2
    i32.const 0
    local.set 3
    local.get 1
    i32.const 0
    i32.add
    local.set 5
    local.get 1
    i32.const 0
    i32.add
    local.set 6
    local.get 1
    i32.const 16
    i32.add
    local.set 7
    local.get 1
    i32.const 0
    i32.add
    local.set 38
    local.get 2
    local.set 40
    local.get 3
    local.set 41
    local.get 5
    local.set 42
    local.get 6
    local.set 43
    local.get 7
    local.set 44
    local.get 38
    local.set 45
    i32.const 0
    local.set 39
    loop
      local.get 40
      f32.load offset=468
      local.set 46
      local.get 41
      f32.load offset=352
      local.set 47
      local.get 46
      local.get 47
      f32.mul
      local.set 48
      local.get 40
      f32.load offset=476
      local.set 49
      local.get 41
      f32.load offset=352
      local.set 50
      local.get 49
      local.get 50
      f32.mul
      local.set 51
      local.get 48
      local.get 51
      f32.add
      local.set 52
      local.get 48
      local.get 51
      f32.sub
      local.set 53
      local.get 41
      f32.load offset=336
      local.set 54
      local.get 40
      f32.load offset=472
      local.set 55
      local.get 54
      local.get 55
      f32.mul
      local.set 56
      local.get 52
      local.get 56
      f32.add
      local.set 57
      local.get 42
      local.get 57
      f32.store offset=80
      local.get 52
      local.get 56
      f32.sub
      local.set 58
      local.get 44
      local.get 58
      f32.store offset=128
      local.get 40
      f32.load offset=464
      local.set 59
      local.get 41
      f32.load offset=320
      local.set 60
      local.get 60
      local.get 55
      f32.mul
      local.set 61
      local.get 61
      local.get 59
      f32.add
      local.set 62
      local.get 59
      local.get 61
      f32.sub
      local.set 63
      local.get 63
      local.get 53
      f32.add
      local.set 64
      local.get 43
      local.get 64
      f32.store offset=32
      local.get 63
      local.get 53
      f32.sub
      local.set 65
      local.get 45
      local.get 65
      f32.store offset=68
      local.get 41
      f32.load offset=288
      local.set 66
      local.get 66
      local.get 49
      f32.mul
      local.set 67
      local.get 41
      f32.load offset=304
      local.set 68
      local.get 68
      local.get 46
      f32.mul
      local.set 69
      local.get 67
      local.get 69
      f32.add
      local.set 70
      local.get 67
      local.get 69
      f32.sub
      local.set 71
      local.get 71
      local.get 56
      f32.sub
      local.set 72
      local.get 43
      local.get 72
      f32.store offset=112
      local.get 71
      local.get 56
      f32.add
      local.set 73
      local.get 45
      local.get 73
      f32.store offset=148
      local.get 70
      local.get 62
      f32.add
      local.set 74
      local.get 42
      local.get 74
      f32.store
      local.get 62
      local.get 70
      f32.sub
      local.set 75
      local.get 44
      local.get 75
      f32.store offset=48
      local.get 40
      i32.const 64
      i32.add
      local.set 40
      local.get 41
      i32.const 4
      i32.add
      local.set 41
      local.get 42
      i32.const 16
      i32.add
      local.set 42
      local.get 43
      i32.const 40
      i32.add
      local.set 43
      local.get 44
      i32.const -16
      i32.add
      local.set 44
      local.get 45
      i32.const 8
      i32.add
      local.set 45
      local.get 39
      i32.const 1
      i32.add
      local.tee 39
      i32.const 2
      i32.lt_u
      br_if 0
    end
    i32.const 0
    local.set 2
    i32.const 0
    local.set 3
    local.get 1
    i32.const 0
    i32.add
    local.set 5
    local.get 1
    i32.const 8
    i32.add
    local.set 6
    local.get 2
    local.set 38
    local.get 3
    local.set 39
    local.get 5
    local.set 40
    local.get 6
    local.set 41
    i32.const 0
    local.set 7
    loop
      local.get 39
      f32.load offset=448
      local.set 46
      local.get 38
      f32.load offset=488
      local.set 47
      local.get 46
      local.get 47
      f32.mul
      local.set 48
      local.get 39
      f32.load offset=432
      local.set 49
      local.get 38
      f32.load offset=616
      local.set 50
      local.get 49
      local.get 50
      f32.mul
      local.set 51
      local.get 47
      local.get 49
      f32.mul
      local.set 52
      local.get 46
      local.get 50
      f32.mul
      local.set 53
      local.get 53
      local.get 52
      f32.add
      local.set 54
      local.get 48
      local.get 51
      f32.sub
      local.set 55
      local.get 38
      f32.load offset=480
      local.set 56
      local.get 55
      local.get 56
      f32.add
      local.set 57
      local.get 56
      local.get 55
      f32.sub
      local.set 58
      local.get 39
      f32.load offset=368
      local.set 59
      local.get 38
      f32.load offset=612
      local.set 60
      local.get 59
      local.get 60
      f32.mul
      local.set 61
      local.get 39
      f32.load offset=384
      local.set 62
      local.get 38
      f32.load offset=484
      local.set 63
      local.get 62
      local.get 63
      f32.mul
      local.set 64
      local.get 62
      local.get 60
      f32.mul
      local.set 65
      local.get 63
      local.get 59
      f32.mul
      local.set 66
      local.get 65
      local.get 66
      f32.add
      local.set 67
      local.get 61
      local.get 64
      f32.sub
      local.set 68
      local.get 39
      f32.load offset=400
      local.set 69
      local.get 38
      f32.load offset=492
      local.set 70
      local.get 69
      local.get 70
      f32.mul
      local.set 71
      local.get 39
      f32.load offset=416
      local.set 72
      local.get 38
      f32.load offset=620
      local.set 73
      local.get 72
      local.get 73
      f32.mul
      local.set 74
      local.get 72
      local.get 70
      f32.mul
      local.set 75
      local.get 73
      local.get 69
      f32.mul
      local.set 76
      local.get 76
      local.get 75
      f32.add
      local.set 77
      local.get 67
      local.get 77
      f32.add
      local.set 78
      local.get 67
      local.get 77
      f32.sub
      local.set 79
      local.get 58
      local.get 79
      f32.add
      local.set 80
      local.get 40
      local.get 80
      f32.store offset=36
      local.get 58
      local.get 79
      f32.sub
      local.set 81
      local.get 41
      local.get 81
      f32.store offset=20
      local.get 71
      local.get 74
      f32.sub
      local.set 82
      local.get 68
      local.get 82
      f32.sub
      local.set 83
      local.get 68
      local.get 82
      f32.add
      local.set 84
      local.get 57
      local.get 83
      f32.sub
      local.set 85
      local.get 40
      local.get 85
      f32.store offset=4
      local.get 83
      local.get 57
      f32.add
      local.set 86
      local.get 41
      local.get 86
      f32.store offset=52
      local.get 38
      f32.load offset=608
      local.set 87
      local.get 54
      local.get 87
      f32.add
      local.set 88
      local.get 54
      local.get 87
      f32.sub
      local.set 89
      local.get 84
      local.get 89
      f32.sub
      local.set 90
      local.get 40
      local.get 90
      f32.store offset=116
      local.get 84
      local.get 89
      f32.add
      local.set 91
      local.get 41
      local.get 91
      f32.store offset=100
      local.get 78
      local.get 88
      f32.add
      local.set 92
      local.get 40
      local.get 92
      f32.store offset=84
      local.get 78
      local.get 88
      f32.sub
      local.set 93
      local.get 41
      local.get 93
      f32.store offset=132
      local.get 38
      i32.const 16
      i32.add
      local.set 38
      local.get 39
      i32.const 4
      i32.add
      local.set 39
      local.get 40
      i32.const 4
      i32.add
      local.set 40
      local.get 41
      i32.const -4
      i32.add
      local.set 41
      local.get 7
      i32.const 1
      i32.add
      local.tee 7
      i32.const 3
      i32.lt_u
      br_if 0
    end
  )
  ;; data at 288: 8 bytes
  ;; data at 304: 8 bytes
  ;; data at 320: 8 bytes
  ;; data at 336: 8 bytes
  ;; data at 352: 8 bytes
  ;; data at 368: 12 bytes
  ;; data at 384: 12 bytes
  ;; data at 400: 12 bytes
  ;; data at 416: 12 bytes
  ;; data at 432: 12 bytes
  ;; data at 448: 12 bytes
)
